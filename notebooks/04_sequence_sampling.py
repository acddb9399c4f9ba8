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
# # 4 · Cutting a long text into batches
#
# A language model learns from one long stream of ids, and a network wants minibatches: B rows of T steps
# each. Between the two stands a sampler, and how it cuts decides what a network can learn of the past.

# %%
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap

import textkit_corpora
from textkit.data.interned import InternedText
from textkit.data.line_batches import LineBatches
from textkit.data.windows import PADDING, RandomWindows, SequentialWindows
from textkit.lm.language_model import END, language_model_vocab
from textkit.lm.neural import stream
from textkit.lm.score import MeasuredText
from textkit.text.tokenizers.characters import CharacterTokenizer

text = InternedText.of(textkit_corpora.load("prose-en").lines("train"), CharacterTokenizer(keep_space=True))
vocab = language_model_vocab(text.counts())
corpus = MeasuredText.of(text, vocab).corpus
ids = stream(corpus, vocab.id(END))
print(f"{len(corpus):,} lines, a stream of {len(ids):,} ids, {len(vocab)} different ones")

# %% [markdown]
# The targets of a window are its inputs one place further on: at every step the network is asked for the
# character that comes next.


# %%
def spelled(row):
    return "".join(vocab.decode(row)).replace(END, "¶")


window = next(iter(RandomWindows(ids, batch_size=3, length=24, seed=5)))
for inputs, targets in zip(window.inputs, window.targets, strict=True):
    print(f"inputs {spelled(inputs)!r:28} targets {spelled(targets)!r}")

# %% [markdown]
# ## Two ways to sample
#
# **Random** sampling cuts the stream into windows and shuffles them. **Sequential** sampling lays the stream
# out in B rows of equal length and reads them side by side, so that row *r* of a batch goes on where row *r*
# of the batch before ended. Numbers in place of characters show it best:

# %%
numbers = np.arange(41)
for sampler in (RandomWindows, SequentialWindows):
    print(sampler.__name__)
    for batch in sampler(numbers, batch_size=2, length=5, seed=1):
        rows = "   ".join(" ".join(f"{i:2}" for i in row) for row in batch.inputs)
        print(f"  {rows}   continues: {batch.continues}")

# %% [markdown]
# Which batch reads which place of a stream of 400 ids? One colour for each of four rows; a bar is a window.
# The third panel varies the length of windows, as AWD-LSTM does; more of that below.

# %%
place = np.arange(401)
panels = {
    "random": RandomWindows(place, batch_size=4, length=10, seed=1),
    "sequential": SequentialWindows(place, batch_size=4, length=10, seed=1),
    "sequential, varied": SequentialWindows(place, batch_size=4, length=10, seed=1, vary=True),
}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
for panel, (name, sampler) in zip(axes, panels.items(), strict=True):
    for number, batch in enumerate(sampler):
        for row, inputs in enumerate(batch.inputs):
            panel.barh(number, len(inputs) - 1, left=inputs[0], color=f"C{row}", height=0.75)
    panel.set(title=name, xlabel="place in the text", xlim=(0, 400))
axes[0].set(ylabel="batch")
axes[0].invert_yaxis()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## What `continues` is for
#
# A recurrent network ends a window in a state that sums up what it read. After a batch that continues, it may
# begin the next one in that state; without, it begins with zeros. With random sampling it therefore never
# learns to use more than T steps. With sequential sampling it reads with an unbounded past. It learns from
# gradients over T steps all the same: the state is carried over as a number, **detached** from the
# computation that made it, or each batch would cost more than the one before.

# %%
before = None
for batch in SequentialWindows(ids, batch_size=4, length=35, seed=1):
    if batch.continues:
        assert (batch.inputs[:, 0] == before.targets[:, -1]).all()  # each row goes on where it ended
    before = batch
print("every row went on where it had ended")

# %%
import torch

from textkit.models.network import detach
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings

torch.manual_seed(1)
network = RecurrentNetwork(RecurrentSettings("gru", len(vocab), embedding=16, hidden=32))
state, batches = network.zero_state(4), iter(SequentialWindows(ids, batch_size=4, length=35, seed=1))
with torch.no_grad():
    for _ in range(3):
        batch = next(batches)
        reading = network.read(torch.from_numpy(batch.inputs), state)
        state = detach(reading.state)
        print(f"the state after this window, row 0: {state[0][0, :4].numpy().round(3)}")

# %% [markdown]
# ## Epochs
#
# Were the borders of windows the same in every epoch, the first character of each would always be predicted
# from the least context. So they move from epoch to epoch by a random shift below T, drawn from (seed,
# epoch). A few ids at either end wait for another epoch.

# %%
for epoch in range(4):
    sampler = RandomWindows(place, batch_size=4, length=10, seed=1)
    sampler.load_state_dict({"seed": 1, "epoch": epoch, "position": 0})
    starts = sorted(int(row[0]) for batch in sampler for row in batch.inputs)
    print(f"epoch {epoch}: windows begin at {starts[:4]} ... {starts[-1]}")

# %% [markdown]
# A sampler knows where it stands. What `state_dict` gives after a batch, loaded into a new sampler, goes on
# with the next one: so training that was killed goes on in mid-epoch as if nothing had been.

# %%
sampler = RandomWindows(ids, batch_size=20, length=35, seed=1)
running = iter(sampler)
for _ in range(10):
    next(running)
saved = sampler.state_dict()
again = RandomWindows(ids, batch_size=20, length=35)
again.load_state_dict(saved)
assert all((one.inputs == other.inputs).all() for one, other in zip(running, again, strict=True))
print(saved, "the same batches as without the interruption")

# %% [markdown]
# ## Several processes
#
# Where several processes train together, each takes its share of the rows of every minibatch. Together they
# see what one process would have seen.

# %%
shards = [SequentialWindows(ids, batch_size=20, length=35, seed=1) for _ in range(3)]
for rank, shard in enumerate(shards):
    shard.shard(rank, 3)
whole = SequentialWindows(ids, batch_size=20, length=35, seed=1)
for batch, *parts in zip(whole, *shards, strict=True):
    assert (batch.inputs == np.concatenate([part.inputs for part in parts])).all()
print("rows of each process:", [len(part.inputs) for part in parts], "first rows:", [p.first for p in parts])

# %% [markdown]
# ## Windows of varying length
#
# AWD-LSTM (Merity et al. 2018) draws T anew for each batch, around 70 or, now and then, around 35, so that
# borders fall on ever new places. A short window has fewer predictions behind its gradient, so the learning
# rate of its step is scaled by its length.

# %%
varied = SequentialWindows(ids, batch_size=40, length=70, seed=1, vary=True)
batches = [batch for _ in range(10) for batch in varied]
lengths = np.array([batch.inputs.shape[1] for batch in batches])
scales = np.array([batch.scale for batch in batches])
assert np.allclose(scales, lengths / 70)
figure, panel = plt.subplots(figsize=(6, 3))
panel.hist(lengths, bins=range(0, 95, 3))
panel.set(xlabel="length of a window", ylabel="batches in 10 epochs", yscale="log")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Lines instead of a stream
#
# If lines have nothing to do with each other (sentences of a translation, reviews), each is read alone, from
# the end of a line to its own end. Lines differ in length, so a batch is padded; the padding's target is
# -1: nothing to predict. Batches of lines of similar length, which are sorted within some batches at a
# time, need little of it.

# %%
together = LineBatches(corpus, end=vocab.id(END), batch_size=16, seed=1)
order = np.random.default_rng(1).permutation(len(corpus))
by_chance = [corpus.lengths[order[begin : begin + 16]] for begin in range(0, len(order), 16)]
padded = {
    "lines in random order": [np.arange(rows.max()) < rows[:, None] for rows in by_chance],
    "lines of similar length": [batch.targets != PADDING for batch in together],
}
colours = ListedColormap(["navajowhite", "C0"])
figure, axes = plt.subplots(2, 4, figsize=(11, 4.2), sharex=True)
for panels, (name, masks) in zip(axes, padded.items(), strict=True):
    waste = 1 - sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)
    print(f"{name:24} {len(masks)} batches, {waste:.0%} of them padding")
    for panel, mask in zip(panels, masks, strict=False):
        panel.imshow(mask, aspect="auto", cmap=colours, vmin=0, vmax=1, interpolation="nearest")
        panel.set(xlim=(0, 400), yticks=[])
    panels[0].set_title(f"{name}, four batches (orange: padding)", loc="left", fontsize=10)
for panel in axes[1]:
    panel.set(xlabel="characters")
figure.tight_layout()
plt.show()

# %% [markdown]
# A batch may also hold as many lines as fit a number of tokens, padding counted; long lines then come few
# together.

# %%
by_tokens = LineBatches(corpus, end=vocab.id(END), tokens=4000, seed=1)
sizes = [batch.inputs.shape for batch in by_tokens]
print(f"{len(sizes)} batches, the first of them {sizes[:4]}; at most {max(b * t for b, t in sizes):,} tokens")
