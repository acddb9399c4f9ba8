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
# # 13 · Beam search: which sentence, when the model gives probabilities of words
#
# A translator says how probable each next word is. The words that are likeliest one at a time need not make
# the likeliest sentence; and the likeliest sentence, once found, need not be the best translation.

# %%
import math
import tempfile
import time
from pathlib import Path

import torch
from matplotlib import pyplot as plt

import textkit_corpora
from textkit.decode.beam import beam_search, beam_searches
from textkit.decode.exhaustive import exhaustive_search
from textkit.decode.hypothesis import coverage_penalty_of, length_penalty_of
from textkit.tasks import translation
from textkit.tasks.translation import TranslationDecoding, TranslatorConfig, load_translator
from textkit.tasks.translation.scoring import bleu
from textkit.text.pairs import Pair

torch.set_num_threads(1)

# %% [markdown]
# ## A model that fits on a page
#
# Three words, A, B and C, and the end. The next word depends on the last two. Whatever can be stepped can be
# searched: this table has the three methods that a network's decoder has, too.

# %%
WORDS, STOP = "■ABC", 0  # ■ ends a sentence, and stands for its beginning
TABLE = {  #  ■     A     B     C   next
    "■■": (0.05, 0.50, 0.30, 0.15),
    "■A": (0.20, 0.07, 0.38, 0.35),
    "■B": (0.20, 0.20, 0.10, 0.50),
    "AB": (0.20, 0.25, 0.20, 0.35),
    "AC": (0.10, 0.10, 0.70, 0.10),
    "BC": (0.45, 0.20, 0.20, 0.15),
    "CB": (0.80, 0.05, 0.05, 0.10),
}
OTHERWISE = (0.4, 0.2, 0.2, 0.2)


class Table:
    def start(self, rows):
        return torch.zeros(rows, 2, dtype=torch.long)  # the last two words

    def step(self, ids, state):
        state = torch.stack([state[:, 1], ids], dim=1)
        rows = [TABLE.get("".join(WORDS[i] for i in last), OTHERWISE) for last in state.tolist()]
        return torch.tensor(rows).log(), state

    def reorder(self, state, rows):
        return state[rows]


def spelled(found):
    return " ".join(WORDS[i] for i in found.ids) + (" ■" if found.finished else " …")


# %% [markdown]
# Greedy takes the likeliest word each time. A search of everything that has at most four words, the end
# included, looks at 121 sentences, whose probabilities sum to one.

# %%
(greedy,) = beam_search(Table(), [STOP], width=1, length=4, stop=STOP)
print("greedy:", spelled(greedy), f"{math.exp(greedy.log_prob):.4f}")
everything = exhaustive_search(Table(), [STOP], length=4, stop=STOP)
print(len(everything), "sentences, sum", f"{sum(math.exp(each.log_prob) for each in everything):.4f}")
for found in everything[:5]:
    print(f"    {spelled(found):10} {math.exp(found.log_prob):.4f}")

# %% [markdown]
# Greedy took B after A, because 0.38 is more than 0.35; but after A C much better comes. A beam keeps the
# several best beginnings, its width of them, and so sees that.

# %%
for width in (1, 2, 4, 81):
    found = beam_search(Table(), [STOP], width=width, length=4, stop=STOP)[0]
    print(f"width {width:2}: {spelled(found):10} {math.exp(found.log_prob):.4f}")

# %% [markdown]
# ## The tree
#
# What a beam of two looks at: the four best of all extensions of what it holds. Numbers on the edges are
# probabilities of the next word, those at the nodes of all words so far. Bold edges were kept, pale ones
# dropped.


# %%
def draw_tree(steps, axes):
    seen = {step.ids: step for step in steps}
    children = {}
    for ids in seen:
        children.setdefault(ids[:-1], []).append(ids)
    places, leaves = {}, 0

    def place(ids):
        nonlocal leaves
        below = sorted(children.get(ids, []))
        if below:
            places[ids] = sum(place(child) for child in below) / len(below)
        else:
            places[ids], leaves = -leaves, leaves + 1
        return places[ids]

    place(())
    for ids, step in seen.items():
        kept = step.fate != "dropped"
        style = {"color": "black" if kept else "darkgrey", "fontsize": 9, "ha": "center"}
        x, y, before = len(ids), places[ids], places[ids[:-1]]
        score = seen[ids[:-1]].score if len(ids) > 1 else 0.0
        axes.plot([x - 0.85, x - 0.15], [before, y], color=style["color"], linewidth=2.2 if kept else 1)
        axes.text(
            x - 0.4,
            before + (y - before) * 0.643,
            f"{math.exp(step.score - score):.2f}",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            **style,
        )
        axes.text(
            x,
            y,
            f"{WORDS[ids[-1]]}\n{math.exp(step.score):.3f}",
            va="center",
            weight="bold" if kept else None,
            **style,
        )
    axes.text(0, places[()], "begin", ha="center", va="center", fontsize=9)
    axes.set(xlim=(-0.3, 4.3), ylim=(0.8 - leaves, 0.8))
    axes.axis("off")


figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
steps = []
beam_searches(Table(), torch.tensor([[STOP]]), width=2, lengths=[4], stop=STOP, watch=steps.append)
draw_tree(steps, axes)
plt.show()

# %% [markdown]
# A beam as wide as there are unfinished sentences throws nothing away: it finds what the search of everything
# finds, in the same order.

# %%
widest = beam_search(Table(), [STOP], width=81, length=4, stop=STOP, n_best=81)
print(widest == everything[:81])

# %% [markdown]
# ## Length
#
# A wider beam found something likelier and shorter: each further word makes a sentence less likely, so the
# likeliest of all tends to be short. Wu et al. (2016) divide the logarithm by ((5 + length) / 6) to the power
# of alpha before sentences of different lengths are compared.

# %%
for alpha in (0.0, 0.6, 1.0):
    ranked = exhaustive_search(Table(), [STOP], length=4, stop=STOP, length_penalty=alpha)
    print(f"alpha {alpha}:", ", ".join(f"{spelled(found)} {found.score:.2f}" for found in ranked[:4]))
print("divisors, alpha 0.6:", " ".join(f"{length_penalty_of(n, 0.6):.2f}" for n in (1, 2, 3, 4)))

# %% [markdown]
# ## The same on sentences
#
# A small Transformer, trained for seconds on pairs of short French and English sentences. It searches as the
# table did. BLEU is measured on pairs that it has not seen.

# %%
corpus = textkit_corpora.load("pairs-en-fr")
pairs = {name: [Pair(fr, en) for en, fr in corpus.rows(name)] for name in ("train", "valid", "test")}
settings = {"tokenizer": "regex", "joint": False, "valid_bleu": 0, "dropout": 0.0, "epochs": 5}
sizes = {"width": 64, "layers": 1, "feed_forward": 256, "learning_rate": 0.008, "batch_tokens": 400}
config = TranslatorConfig.model_validate({**settings, **sizes, "warmup": 50})
run = Path(tempfile.mkdtemp()) / "run"
translation.train(pairs["train"], config, out=run, valid=pairs["valid"], say=print)
translator = load_translator(run)

# %%
references = [pair.target for pair in pairs["test"]]
for beam in (1, 2, 5, 10):
    decoding = TranslationDecoding(beam=beam)
    begin = time.perf_counter()
    found = [best[0] for best in translator.translate((pair.source for pair in pairs["test"]), decoding)]
    seconds = time.perf_counter() - begin
    score = bleu([each.text for each in found], references)
    print(
        f"beam {beam:2}: BLEU {score:.1f}, {sum(each.log_prob for each in found):.1f} nats, {seconds:.2f} s"
    )

# %% [markdown]
# The step from greedy to a beam of two is the one that pays. The n-best list of a sentence shows what the
# model weighs against each other: the logarithm of each translation's probability, and the score it is ranked
# by.

# %%
pair = max(pairs["test"][:60], key=lambda pair: len(pair.source))
print(pair.source, "->", pair.target)
decoding = TranslationDecoding(beam=5, n_best=5, attention=True)
(listed,) = translator.translate([pair.source], decoding)
for each in listed:
    print(f"  {each.log_prob:7.2f} {each.score:7.2f}  {each.text}")

# %% [markdown]
# A translation can be made to begin as one wants; the search finds how it goes on.

# %%
forced = TranslationDecoding(beam=5, prefix="My mother did not")
((found,),) = translator.translate([pair.source], forced)
print(f"{found.log_prob:7.2f}  {found.text}")

# %% [markdown]
# ## Coverage
#
# A translation that leaves words out looks at few of the source's words, one that says a thing twice looks
# twice at the same. The coverage penalty adds, for each source word, the logarithm of all the weight it got,
# one at the most: nothing for a translation that has looked at every word. As a part of the score it puts
# some translations before others.

# %%
whole, partial = torch.eye(3), torch.tensor([[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.0, 0.2, 0.8]])
for name, weights in {"each word once": whole, "one nearly left out": partial}.items():
    print(f"{name}: {coverage_penalty_of(weights, 1.0):.2f}")
for each in listed:
    coverage = coverage_penalty_of(torch.from_numpy(each.attention), 0.2)
    print(f"  {each.score:7.2f} {each.score + coverage:7.2f}  {each.text}")
