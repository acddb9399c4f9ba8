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
# # 9 · What the model saw, and how to mislead it
#
# A classifier that is right nine times in ten may be right for odd reasons. Here is what its answers rest
# on, word by word, and how little must change before it errs. The reviews are the bundled ones, in which
# negation, irony and contrast decide, so that there is much to see.

# %%
import tempfile
from pathlib import Path

import numpy as np
import torch
from IPython.display import HTML, Image

import textkit_corpora
from textkit.explain.html import page
from textkit.explain.picture import draw
from textkit.explain.terminal import marked
from textkit.tasks.classification import ClassifierConfig, LabelledTexts, load_classifier, train
from textkit.tasks.classification.explanation import explain
from textkit.tasks.classification.global_explanation import driving_words, mistake_groups
from textkit.tasks.classification.network_explanation import explain_units
from textkit.tasks.classification.robustness import Strength, robustness
from textkit_corpora.labelled import read_labelled

torch.set_num_threads(1)
corpus = textkit_corpora.load("reviews-zh").folder
names = {"1": "good", "0": "bad"}


def read(part):
    return LabelledTexts.of(
        [(each.text, names[each.label]) for each in read_labelled(corpus / f"{part}.tsv")]
    )


learnt, dev, test = read("train"), read("dev"), read("test")
test = test.select(np.arange(200))
runs = Path(tempfile.mkdtemp())
small = {"preset": "textcnn", "embedding": 48, "hidden": 32, "learning_rate": 0.002, "epochs": 5}
train(learnt, ClassifierConfig(), out=runs / "linear")
train(learnt, ClassifierConfig(**small), out=runs / "plain", dev=dev)
linear, plain = load_classifier(runs / "linear"), load_classifier(runs / "plain")
print(f"linear {linear.evaluate(test).accuracy:.3f}, TextCNN {plain.evaluate(test).accuracy:.3f}")

# %% [markdown]
# ## A linear classifier: exact contributions
#
# The score is a sum over n-grams of words and characters, each of which stands somewhere in the text. A
# pair of words shares what it brings among its characters; characters sum to words. Nothing is estimated:
# the words and the rest (the bias, and blanks) sum to the margin between the answer and the next best.

# %%
text = "房间很干净，服务也不错，但是早餐实在太差了"
(exact,) = explain(linear, [text])
print(marked(exact))
for word in exact.words:
    print(f"{word.start:3}-{word.end:<3} {word.score:+.3f}  {word.text}")
total = sum(word.score for word in exact.words) + exact.rest
print(f"sum {total:+.6f}, margin {exact.value:+.6f}")

# %% [markdown]
# ## A network: gradients
#
# Saliency is the length of the gradient at a word's vector: where the answer is touchy, not which way.
# Gradient times vector has a sign, and is right as far as the network is linear. Integrated gradients sum
# the gradient on the way from a text of zero vectors to this one, and account for all of the difference.
# Leaving each word out asks the network itself. They do not agree in all; the network is not a sum of
# words.

# %%
for method in ("saliency", "gradient-x-input", "integrated-gradients", "leave-one-out"):
    (found,) = explain(plain, [text], method=method)
    print(f"{method:22} {marked(found)}")
(found,) = explain(plain, [text])
total = sum(word.score for word in found.words) + found.rest
print(f"integrated gradients: sum {total:+.6f}, margin {found.value:+.6f}")

# %%
draw(found, runs / "found.png", top=5)
Image(str(runs / "found.png"), width=640)

# %%
HTML(page([exact, found], title="Linear above, TextCNN below", top=3))

# %% [markdown]
# ## Does it name what counts?
#
# Take away the three words that are said to speak most for the answer, or three at random, and look at
# how far the margin moves.


# %%
def moved(saved, attribution, gone):
    left = "".join(piece for place, (piece, _) in enumerate(attribution.pieces()) if place not in gone)
    scores = saved.classifier.scores([left])[0]
    target, rival = saved.labels.index(attribution.target), saved.labels.index(attribution.rival)
    return abs(scores[target] - scores[rival] - attribution.value)


generator = np.random.default_rng(0)
for name, saved in (("linear", linear), ("TextCNN", plain)):
    wins = []
    for attribution in explain(saved, test.texts[:100]):
        pieces = attribution.pieces()
        places = [n for n, (_, score) in enumerate(pieces) if score is not None]
        if len(places) <= 6:
            continue
        best = sorted(places, key=lambda n: -pieces[n][1])[:3]
        chance = generator.permutation(places)[:3]
        wins.append(moved(saved, attribution, set(best)) > moved(saved, attribution, set(chance.tolist())))
    print(f"{name}: more than chance in {np.mean(wins):.1%} of {len(wins)} texts")

# %% [markdown]
# ## In general
#
# Over many texts: the words that drive each class, the phrases that a filter of the TextCNN answers to,
# and what mistakes have in common.

# %%
for label, words in driving_words(explain(linear, dev.texts), linear.labels, top=8).items():
    print(label, [word.word for word in words])
for unit in explain_units(plain, dev.texts, units=3, top=4):
    weights = {label: round(weight, 2) for label, weight in zip(plain.labels, unit.weights, strict=True)}
    print(f"unit {unit.number} {weights}: {[phrase for phrase, _ in unit.phrases]}")

# %%
for group in mistake_groups(linear, dev, groups=2):
    print(
        f"{group.label} taken for {group.answer}, {len(group.texts)} texts, by {[w for w, _ in group.words]}"
    )
    print("   ", marked(group.example))

# %% [markdown]
# ## Attacks
#
# On word vectors: each is moved, by at most a fifth of their mean length, along the gradient of the loss
# (FGSM) or in several steps that are projected back (PGD). No text has those vectors; what is measured is
# how rough the network is around texts. On words: those that count most are left out or replaced by words
# that stand in the same places and do not lean to the other class, a fifth of a text's words at most.

# %%
strength = Strength(epsilon=0.2, budget=0.2, steps=5)


def table(runs_by_name):
    print(
        f"{'':12}{'clean':>8}"
        + "".join(f"{method:>12}" for method in ("fgsm", "pgd", "delete", "substitute"))
    )
    for name, saved in runs_by_name.items():
        methods = ("fgsm", "pgd", "delete", "substitute") if name != "linear" else ("delete", "substitute")
        found = [
            robustness(saved, test, method=method, strength=strength, learn_from=learnt) for method in methods
        ]
        blanks = " " * 12 * (4 - len(found))
        print(
            f"{name:12}{found[0].accuracy:8.1%}{blanks}" + "".join(f"{each.attacked:12.1%}" for each in found)
        )


table({"linear": linear, "plain": plain})
shown = robustness(plain, test, method="substitute", strength=strength, learn_from=learnt, examples=3)
for example in shown.examples:
    print(f"\n{example.label}: {example.text}\n  →  {example.attacked}")

# %% [markdown]
# Whether a changed text still means the same is for people to say: some of these do, some do not.
# Counting who stands beside whom cannot tell a synonym from its opposite; the classes of the texts they
# occur in help a little.
#
# ## Defence
#
# Training on moved vectors too (adversarial training): for each minibatch the loss at the vectors as they
# are, and at those the attack would make of them.

# %%
train(learnt, ClassifierConfig(**small, adversarial="fgsm"), out=runs / "defended", dev=dev)
table({"plain": plain, "defended": load_classifier(runs / "defended")})

# %% [markdown]
# Half or more of what the attack on vectors took is won back. What that costs for texts as they are is
# within chance here: a point is two of these 200 texts. Against attacks on words it helps little: other words
# are further away than a fifth of a vector's length.
