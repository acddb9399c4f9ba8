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
# # 2 · A language model, from data to generation
#
# A language model gives every next word a probability. We train two kinds on the same text, one that
# counts and one that learns, and compare them on text neither has seen.

# %%
import tempfile
from pathlib import Path

import textkit_corpora
from textkit.tasks.language_model import LanguageModelConfig, load_model, train

prose = textkit_corpora.load("prose-en")
texts = {split: list(prose.lines(split)) for split in ("train", "valid", "test")}
folder = Path(tempfile.mkdtemp())
print(*texts["train"][:3], sep="\n")

# %% [markdown]
# ## Counting: n-grams
#
# An n-gram model counts how often a word follows the n-1 words before it. Most n-grams of a new text
# were never seen, so the counts must be smoothed, and it matters how.

# %%
perplexities = {}
for smoothing in ("jelinek-mercer", "witten-bell", "absolute", "kneser-ney", "modified-kneser-ney"):
    for order in (1, 2, 3, 4, 5):
        config = LanguageModelConfig(
            model="ngram", order=order, smoothing=smoothing, tokenizer="regex", min_count=2
        )
        scores = train(texts["train"], config, out=folder / f"{smoothing}-{order}", valid=texts["valid"])
        perplexities[smoothing, order] = scores["valid"].perplexity

# %%
from matplotlib import pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3.8))
for smoothing in dict.fromkeys(name for name, _ in perplexities):
    axes.plot(range(1, 6), [perplexities[smoothing, order] for order in range(1, 6)], "o-", label=smoothing)
axes.set(xlabel="order", ylabel="validation perplexity", yscale="log", xticks=range(1, 6))
axes.legend(fontsize=8)
plt.show()

# %% [markdown]
# The probabilities after any history sum to one, over every word of the vocabulary:

# %%
import torch

model = load_model(folder / "modified-kneser-ney-5")
log_probs, state = model.model.step(torch.tensor([1]), model.model.start(1))  # 1 is the line's beginning
print(log_probs.exp().sum().item())

# %% [markdown]
# ## Learning: an LSTM
#
# A recurrent network carries a state from word to word. It is trained to predict the next one, its
# gradient clipped, and stopped when the validation text gets no better.

# %%
config = LanguageModelConfig(model="lstm", tokenizer="regex", epochs=4, dropout=0.2)
scores = train(texts["train"], config, out=folder / "lstm", valid=texts["valid"], test=texts["test"])
print({name: round(score.perplexity, 2) for name, score in scores.items()})

# %% [markdown]
# The learning curve is in the run folder, as a picture and as JSON lines.

# %%
import json

records = [json.loads(line) for line in (folder / "lstm" / "log.jsonl").read_text().splitlines()]
figure, axes = plt.subplots(figsize=(6, 3.2))
for key in ("perplexity", "valid_perplexity"):
    points = [(record["step"], record[key]) for record in records if key in record]
    axes.plot(*zip(*points, strict=True), label=key)
axes.set(xlabel="step", yscale="log")
axes.legend()
plt.show()

# %% [markdown]
# ## Comparing
#
# Both models have the same vocabulary here, so their perplexities compare. Models with different units
# compare by bits per character: what it costs to write the text down, unknown words spelled out.

# %%
characters = LanguageModelConfig(model="ngram", unit="char", order=8)
train(texts["train"], characters, out=folder / "characters")
for name in ("modified-kneser-ney-5", "lstm", "characters"):
    score = load_model(folder / name).score(texts["test"])
    print(f"{name:22} perplexity {score.perplexity:8.2f}   bits per character {score.bits_per_character:.3f}")

# %% [markdown]
# ## Generating
#
# Draw the next word, append it, repeat. A low temperature plays safe.

# %%
lstm = load_model(folder / "lstm")
for temperature in (0.0, 0.7, 1.0):
    print(
        f"{temperature}:",
        lstm.generate("The old", length=25, temperature=temperature, seed=1, one_line=True)[0],
    )
