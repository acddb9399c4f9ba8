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
# # 30 · textkit inside other libraries
#
# What textkit makes can be used where you already work: in scikit-learn, spaCy, datasets, and wherever a
# `tokenizer.json` is read. Nothing is copied by hand, and nothing is taken for equal that was not compared.

# %%
import tempfile
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", "IProgress not found")  # progress bars are plain text here

import datasets
import spacy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import textkit_corpora
from textkit.adapters.datasets import classify, tokenize
from textkit.adapters.huggingface import convert
from textkit.adapters.sklearn import TextClassifier, TextTokenizer
from textkit.adapters.spacy.registration import register
from textkit.errors import TextkitError
from textkit.text import Vocab
from textkit.text.clean import preset
from textkit.text.tokenizers.jieba import JiebaTokenizer
from textkit.text.tokenizers.regular_expression import RegexTokenizer

register()  # tells spaCy textkit's names, which it also finds by itself
datasets.disable_progress_bars()
rows = list(textkit_corpora.load("reviews-zh").rows("train"))[:600]
labels, texts = map(list, zip(*rows, strict=True))
folder = Path(tempfile.mkdtemp())

# %% [markdown]
# ## scikit-learn
#
# A textkit tokenizer is an analyzer, and its settings are searched like any others. `TextClassifier` is what
# `textkit train-classifier` trains: `save` writes a run folder that the command reads.

# %%
steps = make_pipeline(TfidfVectorizer(analyzer=TextTokenizer()), LogisticRegression())
grid = {"tfidfvectorizer__analyzer__tokenizer": ["characters", "jieba"]}
search = GridSearchCV(steps, grid, cv=3).fit(texts, labels)
print(search.best_params_, round(search.best_score_, 3))

model = TextClassifier("fast", seed=1).fit(texts, labels)
model.save(folder / "reviews")
print(model.classes_.tolist(), model.predict_proba(["做工太差，快递倒是很快"]).round(3).tolist())

# %% [markdown]
# ## spaCy
#
# A Doc spells its text exactly; the words are textkit's. The run of a classifier answers in `doc.cats`. On
# disk lie its path and signature, and another run in its place is refused.

# %%
nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "textkit_tokenizer"}}})
nlp.add_pipe("textkit_classifier", config={"run": str(folder / "reviews")})
for doc in nlp.pipe(["做工太差，快递倒是很快", "非常满意"]):
    print([token.text for token in doc], {label: round(p, 3) for label, p in doc.cats.items()})
nlp.to_disk(folder / "nlp")
print((folder / "nlp" / "textkit_classifier" / "run.json").read_text().replace(str(folder), "…"))

# %% [markdown]
# ## datasets
#
# The cache is named by the recipe: equal work is found again, in this process or another, and a changed
# recipe is done anew.

# %%
datasets.Dataset.from_dict({"text": texts}).save_to_disk(folder / "rows")


def cached() -> int:
    """How many results are kept beside the data set."""
    return len(list((folder / "rows").glob("cache-*.arrow")))


for pipeline in (JiebaTokenizer(), JiebaTokenizer(), preset("zh").then(JiebaTokenizer())):
    found = tokenize(datasets.load_from_disk(folder / "rows"), pipeline)
    print(type(pipeline).__name__, cached())
print(found[0]["tokens"][:6])
print(classify(datasets.load_from_disk(folder / "rows"), folder / "reviews").features["prediction"])

# %% [markdown]
# ## Hugging Face's tokenizers
#
# `convert` compares ids and places on every character and on your text; `export_tokenizer` writes the file.
# What cannot be the same is refused, with the reason.

# %%
tokenizer = RegexTokenizer()
vocab = Vocab.build(map(tokenizer, texts), min_count=2)
made = convert(tokenizer, vocab, probe=texts)
print(made.encode("质量很好, 3.50元!").tokens)
try:
    convert(JiebaTokenizer(), vocab)
except TextkitError as error:
    print(error)
