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
# # 1 · From raw text to ids
#
# Text arrives dirty: broken encodings, HTML, full-width letters, traditional characters. A language
# model wants numbers. Between the two stand four small steps, each a value you can print, combine and
# save: **clean → tokenize → count → encode**.

# %%
from textkit.text import Pipeline, Vocab
from textkit.text.clean import FoldWidth, Lowercase, Simplify, StripHtml, preset
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.nltk import NltkTokenizer
from textkit.text.tokenizers.spacy import SpacyTokenizer

# %% [markdown]
# ## Cleaning
#
# Each stage does one thing to a string. A pipeline applies them in order.

# %%
raw = "<p>這家酒店的ＷｉＦｉ&nbsp;很快，房間也乾淨！！</p>"
clean = Pipeline.of(StripHtml()).then(FoldWidth()).then(Simplify()).then(Lowercase())
value = raw
for stage in clean.stages:
    value = stage(value)
    print(f"{stage!r:40} {value}")

# %% [markdown]
# Common recipes have names. `sentiment` is the one of the course's Chinese sentiment chapter: it drops
# punctuation before segmenting.

# %%
for name in ("none", "basic", "web", "zh", "sentiment"):
    print(f"{name:10} {preset(name)(raw)}")

# %% [markdown]
# ## Tokenizing
#
# Chinese is written without spaces, so words must be found. jieba does it with a dictionary and, for
# words it does not know, a hidden Markov model.

# %%
sentence = "小明硕士毕业于中国科学院计算所，后在日本京都大学深造"
for mode in ("accurate", "full", "search"):
    print(f"{mode:9}", " / ".join(JiebaTokenizer(mode=mode)(sentence)))

# %% [markdown]
# English looks easier, until you ask where "doesn't" and "Mr." end. spaCy and NLTK agree here:

# %%
english = "Mr. Chen doesn't agree with my suggestion."
assert SpacyTokenizer()(english) == NltkTokenizer()(english)
print(NltkTokenizer()(english))

# %% [markdown]
# Every tokenizer also tells where its tokens stand in the text it was given.

# %%
for token in JiebaTokenizer().offsets("我爱自然语言处理"):
    print(token)

# %% [markdown]
# Places survive cleaning too: the pipeline knows which part of the raw text each cleaned character came from.

# %%
cleaned, alignment = preset("sentiment").aligned(raw)
for token in JiebaTokenizer().offsets(cleaned):
    start, end = alignment.span(token.start, token.end)
    print(f"{token.text!r:8} stands for {raw[start:end]!r}")

# %% [markdown]
# A million lines are not tokenized one by one. `batch` gives the same tokens as flat arrays: where each
# token starts and ends in one buffer of bytes, and where each line begins. Compiled loops make them, some
# eighty times as fast as jieba; ids come from them without a Python string a token.

# %%
batch = JiebaTokenizer().batch(["我来到北京清华大学", "他来到了网易杭研大厦"])
print(batch.lists())
print("starts", batch.starts.tolist(), "lines", batch.offsets.tolist())

# %% [markdown]
# ## Counting: the vocabulary
#
# The package brings sample corpora, written for it. Here are its Chinese reviews: a label, a tab, a text.

# %%
import textkit_corpora

reviews = textkit_corpora.load("reviews-zh")
rows = [line.split("\t") for line in reviews.lines("train")]
print(len(rows), "reviews, for example", rows[0])

# %%
pipeline = preset("sentiment").then(JiebaTokenizer())
tokens = list(pipeline.map(text for _, text in rows))
vocab = Vocab.build(tokens, min_count=2, specials=("<pad>", "<unk>"))
print(f"{len(vocab)} tokens; the most frequent:", vocab.tokens[2:22])

# %% [markdown]
# Word frequencies fall roughly as one over their rank: Zipf's law.

# %%
from matplotlib import pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3.5))
axes.loglog(range(1, len(vocab) - 1), vocab.counts[2:])
axes.set(xlabel="rank", ylabel="count", title="Words of the reviews")
plt.show()

# %% [markdown]
# ## Encoding
#
# Ids, and back. A word that was not counted becomes the unknown word.

# %%
ids = vocab.encode(pipeline("房间非常干净，麒麟也说好"))
print(ids, vocab.decode(ids))

# %% [markdown]
# ## Batches of a long text
#
# A recurrent model reads a long text in windows. **Random** sampling takes them in any order;
# **sequential** sampling lets row *r* of one batch continue in row *r* of the next, so that the hidden
# state may be carried over.

# %%
import numpy as np

from textkit.data.windows import RandomWindows, SequentialWindows

for sampler in (RandomWindows, SequentialWindows):
    print(sampler.__name__)
    for window in sampler(np.arange(35), batch_size=2, length=5, seed=4):
        print("  inputs", window.inputs.tolist(), "targets", window.targets.tolist())

# %% [markdown]
# ## Saving the recipe
#
# A pipeline is saved as one folder of JSON and plain files, and signs itself: the same recipe has the
# same signature on every machine.

# %%
import tempfile

folder = tempfile.mkdtemp()
pipeline.save(folder)
assert Pipeline.load(folder) == pipeline
print(pipeline.signature())
