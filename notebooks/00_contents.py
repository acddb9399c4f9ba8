# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 0 · The course · 课程目录
#
# Each notebook is short and calls the library; the commands show the same from a shell.
#
# 每个笔记本都很短，只调用本库；同样的内容也可以用命令行重现。
#
# 1. [From raw text to ids](01_text_preprocessing.ipynb) · 从原始文本到编号
# 2. [A language model, from data to generation](02_language_model.ipynb) · 语言模型：从数据到生成
# 3. [n-gram models, from counting to Kneser-Ney](03_ngram_models.ipynb) · n 元语法：从计数到
#   Kneser-Ney
# 4. [Cutting a long text into batches](04_sequence_sampling.ipynb) · 把长文本切成小批量
# 5. [A recurrent network from scratch](05_rnn_from_scratch.ipynb) · 从零实现循环神经网络
# 6. [GRU and LSTM: gates](06_gru_and_lstm.ipynb) · GRU 与 LSTM：门控
# 7. [A modern recipe, and an honest comparison](07_modern_recipe.ipynb) · 现代训练方法与公平的比较
# 8. [Chinese sentiment: as the book does it, and as one
#   should](08_chinese_sentiment.ipynb) · 中文情感分类：书中的做法与应有的做法
# 9. [What the model saw, and how to mislead it](09_explanation_and_attack.ipynb) ·
#   模型看到了什么，怎样误导它
# 10. [Slot filling: a tag for every word, and fewer labels than
#   steps](10_slot_filling.ipynb) · 槽填充：为每个词打标签
# 11. [Sequence to sequence, and attention](11_seq2seq_and_attention.ipynb) · 序列到序列与注意力
# 12. [The Transformer: attention and nothing that recurs](12_transformer.ipynb) ·
#   Transformer：只有注意力
# 13. [Beam search: which sentence, when the model gives probabilities of
#   words](13_beam_search.ipynb) · 束搜索：选哪一个句子
# 14. [Linear regression: four ways to the same line](14_linear_regression.ipynb) · 线性回归
# 15. [Polynomial regression: how flexible should a model
#   be?](15_polynomial_regression.ipynb) · 多项式回归与模型选择
# 16. [Regularisation: paying for large weights](16_regularisation.ipynb) · 正则化
# 17. [Logistic and softmax regression: probabilities of
#   classes](17_logistic_and_softmax_regression.ipynb) · 逻辑回归与 softmax 回归
# 18. [A Gaussian for each class](18_gaussian_classifier.ipynb) · 高斯生成式分类器
# 19. [XOR: what no line can part](19_xor.ipynb) · 异或：一条直线分不开
# 20. [The multilayer perceptron](20_perceptron.ipynb) · 多层感知机
# 21. [Back-propagation](21_backpropagation.ipynb) · 反向传播
# 22. [Numerical stability and initialisation](22_numerical_stability.ipynb) · 数值稳定性与初始化
# 23. [Bicycle rentals, and why features are scaled](23_bicycle_rentals.ipynb) · 共享单车租用量预测
# 24. [Optimisers: how to step, once the gradient is known](24_optimisers.ipynb) · 优化算法
# 25. [Learning rates: how large, and how they go](25_learning_rates.ipynb) · 学习率
# 26. [Convolution: one small kernel, everywhere in the image](26_convolution.ipynb) · 卷积
# 27. [Handwritten digits: a convolutional network, and what it sees](27_digits.ipynb) ·
#   手写数字识别
# 28. [Deep dream and style transfer: learning the image instead of the
#   weights](28_deep_dream_and_style.ipynb) · 深度梦境与风格迁移
# 29. [Data-set shift: when new rows are not like the old ones](29_dataset_shift.ipynb) ·
#   数据集偏移
# 30. [textkit inside other libraries](30_adapters.ipynb) · 在其他库中使用 textkit

# %% [markdown]
# ## Text and data · 文本与数据
#
# - cleaning · 文本清洗: [01](01_text_preprocessing.ipynb), `textkit tokenize --clean web`
# - spaCy and NLTK tokenizers · spaCy 与 NLTK 分词: [01](01_text_preprocessing.ipynb),
#   `textkit tokenize --tokenizer spacy`, `textkit tokenize --tokenizer nltk`
# - jieba, characters, white space, regex, sentencepiece · 结巴、字、空格、正则、子词:
#   [01](01_text_preprocessing.ipynb), `textkit tokenize --tokenizer jieba`, `textkit
#   train-tokenizer`
# - vocabulary · 词表: [01](01_text_preprocessing.ipynb), `textkit vocab`
# - bag of words · 词袋: [08](08_chinese_sentiment.ipynb), `textkit train-classifier
#   --preset linear`
# - random sampling of sequence data · 序列的随机采样: [04](04_sequence_sampling.ipynb), `textkit
#   train-lm --sampling random`
# - sequential sampling · 序列的相邻采样: [04](04_sequence_sampling.ipynb), `textkit train-lm
#   --sampling sequential`
# - corpora and splits · 语料与划分: [02](02_language_model.ipynb),
#   [08](08_chinese_sentiment.ipynb), `textkit corpora list`
# - tables, images and feature scaling · 表格、图像与特征缩放: [23](23_bicycle_rentals.ipynb),
#   `textkit chapter run feature-scaling`

# %% [markdown]
# ## Language models · 语言模型
#
# - n-gram models and their smoothing · n 元语法及其平滑: [03](03_ngram_models.ipynb), `textkit
#   train-lm --model ngram`, `textkit lm-prune`, `textkit lm-mix`
# - RNN from scratch and from torch · 循环神经网络：从零与用 torch: [05](05_rnn_from_scratch.ipynb),
#   `textkit train-lm --model rnn`
# - GRU · 门控循环单元: [06](06_gru_and_lstm.ipynb), `textkit train-lm --model gru`
# - LSTM · 长短期记忆: [06](06_gru_and_lstm.ipynb), `textkit train-lm --model lstm`
# - deep and bidirectional RNNs · 深层与双向循环网络: [06](06_gru_and_lstm.ipynb), `textkit
#   train-lm --layers 2`, `textkit train-classifier --preset bigru`
# - perplexity · 困惑度: [02](02_language_model.ipynb), `textkit score`, `textkit compare`
# - Transformer language model · Transformer 语言模型: [07](07_modern_recipe.ipynb),
#   [12](12_transformer.ipynb), `textkit train-lm --model transformer`
# - gradient pathologies · 梯度消失与爆炸: [05](05_rnn_from_scratch.ipynb),
#   [06](06_gru_and_lstm.ipynb), `textkit train-lm --clip 1`, `textkit chapter run
#   numerical-stability`

# %% [markdown]
# ## Classification and tagging · 分类与标注
#
# - Chinese sentiment · 中文情感分类: [08](08_chinese_sentiment.ipynb), `textkit
#   train-classifier`, `textkit classify`, `textkit evaluate`, `textkit audit`
# - slot filling · 槽填充: [10](10_slot_filling.ipynb), `textkit train-tagger`, `textkit tag`
# - many to one, many to fewer · 多对一、多对多（输出更短）: [10](10_slot_filling.ipynb), `textkit
#   train-classifier --preset lstm`
# - semi-supervised learning · 半监督学习: [08](08_chinese_sentiment.ipynb), `textkit
#   train-classifier --unlabelled FILE --semi entropy`
# - explanation · 解释: [09](09_explanation_and_attack.ipynb), `textkit explain`
# - attack and defence · 攻击与防御: [09](09_explanation_and_attack.ipynb), `textkit attack`,
#   `textkit train-classifier --adversarial pgd`

# %% [markdown]
# ## Translation · 机器翻译
#
# - parallel data · 平行语料: [11](11_seq2seq_and_attention.ipynb), `textkit train-nmt --pairs
#   FILE`
# - encoder-decoder, seq2seq · 编码器与解码器: [11](11_seq2seq_and_attention.ipynb), `textkit
#   train-nmt --preset rnn`
# - attention · 注意力: [11](11_seq2seq_and_attention.ipynb), `textkit train-nmt --attention
#   additive`
# - seq2seq with attention, drawn · 带注意力的序列到序列: [11](11_seq2seq_and_attention.ipynb),
#   `textkit translate --attention FOLDER`
# - Transformer · Transformer: [12](12_transformer.ipynb), `textkit train-nmt --preset
#   transformer-small`
# - decoding · 解码: [13](13_beam_search.ipynb), `textkit translate --beam 5`
# - evaluation · 评测: [12](12_transformer.ipynb), [13](13_beam_search.ipynb), `textkit
#   bleu`

# %% [markdown]
# ## Shared model subpackage · 通用模型
#
# - linear regression · 线性回归: [14](14_linear_regression.ipynb), `textkit chapter run
#   linear-regression`
# - polynomial regression and model selection · 多项式回归与模型选择:
#   [15](15_polynomial_regression.ipynb), `textkit chapter run polynomial-regression`,
#   `textkit chapter run cross-validation`, `textkit chapter run bias-variance`
# - regularisation · 正则化: [16](16_regularisation.ipynb), [20](20_perceptron.ipynb),
#   `textkit chapter run regularisation`, `textkit chapter run dropout`
# - logistic regression · 逻辑回归: [17](17_logistic_and_softmax_regression.ipynb), `textkit
#   chapter run logistic-regression`
# - softmax regression · softmax 回归: [17](17_logistic_and_softmax_regression.ipynb),
#   `textkit chapter run softmax-regression`
# - Gaussian generative classifier · 高斯生成式分类器: [18](18_gaussian_classifier.ipynb),
#   `textkit chapter run gaussian-classifier`
# - limits of logistic regression: XOR · 逻辑回归的局限：异或: [19](19_xor.ipynb), `textkit chapter
#   run xor`
# - multilayer perceptron and its initialisation · 多层感知机及其初始化: [20](20_perceptron.ipynb),
#   `textkit chapter run perceptron`, `textkit chapter run initialisation`
# - back-propagation · 反向传播: [21](21_backpropagation.ipynb), `textkit chapter run
#   backpropagation`
# - bicycle rental predictor · 共享单车租用量预测: [23](23_bicycle_rentals.ipynb), `textkit chapter
#   run bicycle-rentals`
# - optimisers · 优化算法: [24](24_optimisers.ipynb), `textkit chapter run optimisers`
# - learning-rate schedules · 学习率调度: [25](25_learning_rates.ipynb), `textkit chapter run
#   learning-rates`, `textkit lr-range`
# - convolution and pooling · 卷积与池化: [26](26_convolution.ipynb), `textkit chapter run
#   convolution`
# - handwritten digits · 手写数字识别: [27](27_digits.ipynb), `textkit chapter run digits`,
#   `textkit chapter run digits-cnn --data FOLDER`
# - deep dream, style transfer · 深度梦境与风格迁移: [28](28_deep_dream_and_style.ipynb), `textkit
#   chapter run deep-dream`, `textkit chapter run style-transfer`
# - data-set shift · 数据集偏移: [29](29_dataset_shift.ipynb), `textkit chapter run
#   dataset-shift`
# - numerical stability · 数值稳定性: [22](22_numerical_stability.ipynb), `textkit chapter run
#   numerical-stability`

# %% [markdown]
# ## Working habits · 工作习惯
#
# - training flow · 训练流程: [02](02_language_model.ipynb), [07](07_modern_recipe.ipynb),
#   `textkit train-lm --resume RUN`
# - visualisation · 可视化: [21](21_backpropagation.ipynb), `textkit graph`
# - hyper-parameters · 超参数: [07](07_modern_recipe.ipynb), `textkit sweep`, `textkit
#   train-lm --config TOML`

# %% [markdown]
# ## Chapters · 章节
#
# `textkit chapter run NAME` trains, draws, and says whether the chapter's claim holds.
#
# `textkit chapter run NAME` 训练、作图，并检验该章的结论是否成立。

# %%
from textkit.tasks.chapters import CHAPTERS, load_chapter

cards = {name: load_chapter(name).CARD for name in CHAPTERS}
print("\n".join(f"{name:22} {card.title} · {card.title_zh}" for name, card in cards.items()))
