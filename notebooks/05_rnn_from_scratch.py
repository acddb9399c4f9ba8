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
# # 5 · A recurrent network from scratch
#
# A recurrent network reads one character after the other and keeps a state, from which it predicts the next
# one. Here it is put together piece by piece, and checked against torch.

# %%
import math
import re
from dataclasses import replace

import torch
from matplotlib import pyplot as plt
from torch.nn import functional

import textkit_corpora
from textkit.data.windows import RandomWindows, SequentialWindows
from textkit.lm.language_model import language_model_vocab
from textkit.models.cells import CellWeights, project, rnn_cell, uniform_weights, unroll
from textkit.models.from_scratch import clip_by_norm, continue_prefix
from textkit.models.gradient_flow import gradient_norms
from textkit.models.network import detach
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings

torch.set_num_threads(1)

# %% [markdown]
# ## The text
#
# As in the course: 10,000 characters to learn from, lower-cased, letters and blanks only. And, which the
# course does not have, the 10,000 that follow, to see what was learnt.

# %%
prose = " ".join(textkit_corpora.load("prose-en").lines("train"))
letters = re.sub("[^a-z]+", " ", prose.lower())
vocab = language_model_vocab({letter: letters.count(letter) for letter in sorted(set(letters))})
ids = torch.tensor(vocab.encode(list(letters[:20_000])))
learnt, held_out = ids[:10_000], ids[10_000:]
V, H = len(vocab), 128
print(letters[:80])
print(ids[:16].tolist(), "of", V, "ids")

# %% [markdown]
# ## One-hot vectors
#
# The input of each step is a vector of V zeros with a one at the character's id. Inside a network time comes
# first: T steps of B rows.

# %%
window = next(iter(SequentialWindows(learnt.numpy(), batch_size=32, length=35, seed=1)))
steps = torch.from_numpy(window.inputs).T  # (T, B)
inputs = functional.one_hot(steps, V).float()  # (T, B, V)
print(tuple(inputs.shape), inputs[0, 0, :8].tolist())

# %% [markdown]
# ## Parameters and the cell
#
# The new state depends on the input and on the state before it: h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

# %%
torch.manual_seed(1)
weights = uniform_weights("rnn", V, hidden=H)
for name, value in zip(CellWeights._fields, weights, strict=True):
    print(f"{name:10} {tuple(value.shape)}")

# %%
state = (torch.zeros(32, H),)
(h,) = rnn_cell(project(inputs[0], weights), state, weights)
by_hand = torch.tanh(inputs[0] @ weights.weight_ih.T + weights.bias_ih + weights.bias_hh)
print("after one step", tuple(h.shape), "as by hand:", torch.allclose(h, by_hand))

# %% [markdown]
# Reading a window is that, T times. `torch.nn.RNN` with the same weights comes to the same states, and to the
# same gradients.

# %%
theirs = torch.nn.RNN(V, H)
with torch.no_grad():
    for parameter, value in zip(theirs.parameters(), weights, strict=True):
        parameter.copy_(value)
weights = CellWeights(*(value.requires_grad_() for value in weights))
outputs, last = unroll("rnn", inputs, state=state, weights=weights)
expected, _ = theirs(inputs)
outputs.pow(2).sum().backward()
expected.pow(2).sum().backward()
print(f"states differ by {(outputs - expected).abs().max():.1e} at most")
for name, ours, parameter in zip(CellWeights._fields, weights, theirs.parameters(), strict=True):
    difference = (ours.grad - parameter.grad).abs().max() / parameter.grad.abs().max()
    assert difference < 1e-5
    print(f"gradients of {name:10} differ by {difference:.1e} of the largest")

# %% [markdown]
# ## The network
#
# `RecurrentNetwork` adds the output layer: from each state, a distribution over the V characters. With
# `backend="scratch"` it reads with the cells above; with `embedding=0` its inputs are one-hot.

# %%
settings = RecurrentSettings("rnn", V, embedding=0, hidden=H, backend="scratch")
network = RecurrentNetwork(settings)
reading = network.read(torch.from_numpy(window.inputs), network.zero_state(32))
targets = torch.from_numpy(window.targets)
loss = network.output.loss(reading.features.flatten(0, 1), targets.flatten())
logits = reading.features @ network.output.weight.T + network.output.bias  # (B, T, V)
by_hand = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
print(f"loss {loss:.6f}, by hand {by_hand:.6f}; perplexity {loss.exp():.2f} of {V} ids")

# %% [markdown]
# **Perplexity** is the exponential of the mean loss: among how many equally likely characters the network
# wavers. Untrained, among nearly all.
#
# ## Going on from a prefix
#
# Reading the prefix warms the state up; then the likeliest character is taken, read in turn, and so on.


# %%
def go_on(network, prefix="the mayor ", *, count=60):
    made = continue_prefix(network, vocab.encode(list(prefix)), count=count)
    return prefix + "".join(vocab.decode(made))


print(go_on(network, count=4))

# %% [markdown]
# ## Clipping
#
# Now and then the gradient of a recurrent network is enormous, and one step along it would ruin what was
# learnt. So a gradient longer than 1 is scaled down to that. Here is one made too long on purpose:

# %%
gradients = [100 * gradient for gradient in torch.autograd.grad(loss, list(network.parameters()))]
before = clip_by_norm(gradients, 1.0)
after = math.sqrt(sum(float(gradient.pow(2).sum()) for gradient in gradients))
print(f"norm {before:.3f} before, {after:.3f} after")

# %% [markdown]
# ## Training
#
# For each window: predict, take the gradient, clip it, take a step of plain gradient descent. With sequential
# sampling the state is carried over, detached; with random sampling each window begins with zeros.


# %%
def train_epoch(network, windows, *, rate=1.0):
    total, count, state = 0.0, 0, None
    for window in windows:
        inputs, targets = torch.from_numpy(window.inputs), torch.from_numpy(window.targets)
        if not window.continues:
            state = network.zero_state(len(inputs))
        reading = network.read(inputs, state)
        loss = network.output.loss(reading.features.flatten(0, 1), targets.flatten())
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        clip_by_norm(gradients, 1.0)
        with torch.no_grad():
            for parameter, gradient in zip(network.parameters(), gradients, strict=True):
                parameter.sub_(rate * gradient)
        state = detach(reading.state)
        total, count = total + loss.item() * targets.numel(), count + targets.numel()
    return math.exp(total / count)


@torch.no_grad()
def perplexity(network, ids):
    """Of all of `ids`, read as one stream."""
    quick = RecurrentNetwork(replace(network.settings, backend="torch"))  # the same weights, torch's code
    quick.load_state_dict(network.state_dict())
    features = quick.read(ids[None, :-1], quick.zero_state(1)).features[0]
    return quick.output.loss(features, ids[1:]).exp().item()


# %% [markdown]
# A few epochs with the cells written out, and the same with torch's, from the same weights:

# %%
twins = {}
for backend in ("scratch", "torch"):
    torch.manual_seed(1)
    twin = RecurrentNetwork(replace(settings, backend=backend))
    windows = SequentialWindows(learnt.numpy(), batch_size=32, length=35, seed=1)
    twins[backend] = [train_epoch(twin, windows) for _ in range(3)]
    print(f"{backend:8} perplexities {twins[backend]}")
assert all(math.isclose(*pair, rel_tol=1e-3) for pair in zip(*twins.values(), strict=True))

# %% [markdown]
# Now in earnest, with both samplings. Every tenth epoch the held-out text is judged.

# %%
EPOCHS = 90
curves, trained = {}, {}
for sampler in (RandomWindows, SequentialWindows):
    torch.manual_seed(1)
    network = trained[sampler.__name__] = RecurrentNetwork(settings)
    windows = sampler(learnt.numpy(), batch_size=32, length=35, seed=1)
    training, judged = [], {}
    for epoch in range(1, EPOCHS + 1):
        training.append(train_epoch(network, windows))
        if epoch % 10 == 0:
            judged[epoch] = perplexity(network, held_out)
    curves[sampler.__name__] = training, judged
    best = min(judged, key=judged.get)
    print(
        f"{sampler.__name__:18} after {EPOCHS} epochs: training {training[-1]:5.2f}, "
        f"held out {judged[EPOCHS]:5.2f}; best held out {judged[best]:.2f}, at epoch {best}"
    )

# %%
figure, panel = plt.subplots(figsize=(6.5, 3.8))
for number, (name, (training, judged)) in enumerate(curves.items()):
    panel.plot(range(1, EPOCHS + 1), training, f"C{number}", label=f"{name}, training")
    panel.plot(list(judged), list(judged.values()), f"C{number}o--", markersize=4, label=f"{name}, held out")
panel.set(xlabel="epoch", ylabel="perplexity", ylim=(0, 20))
panel.grid(alpha=0.3)
panel.legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# The perplexity of the training text, which the course shows, falls and falls. That of the held-out text
# turns after some 50 epochs: from then on the network learns its 10,000 characters by heart. Sequential
# sampling learns faster, and by heart faster too. (`benchmarks/course.py` goes on to 500 epochs.)
#
# What the two make of a prefix they know, and of one they do not:

# %%
for name, network in trained.items():
    print(f"{name:18} {go_on(network)}")
    print(f"{'':18} {go_on(network, 'zzz')}")

# %% [markdown]
# ## How far back does it learn?
#
# How much does the last prediction depend on the state t steps before it? The gradient of the last loss with
# respect to every earlier state answers. From one step to the one before, it is multiplied by the cell's
# derivative; a hundred such factors below one leave nothing: the gradient **vanishes**, and what is far back
# is not learnt. The LSTM, which notebook 6 is about, was invented against that.

# %%
rows, length = 16, 100
some = learnt[: rows * (length + 1)].view(rows, length + 1)


def flow(cell, initial="uniform"):
    torch.manual_seed(1)
    return gradient_norms(
        RecurrentNetwork(RecurrentSettings(cell, V, embedding=0, hidden=H, initial=initial)), some
    )


norms = {
    "RNN": flow("rnn"),
    "LSTM": flow("lstm"),
    "RNN, orthogonal start": flow("rnn", "orthogonal"),
    "LSTM, orthogonal start, open forget gate": flow("lstm", "orthogonal"),
    "RNN after training": gradient_norms(trained["SequentialWindows"], some),
}
figure, panel = plt.subplots(figsize=(7, 4))
for name, values in norms.items():
    values = values / values[-1]
    panel.semilogy(range(length - 1, -1, -1), values, label=name)
    print(f"{name:41} 10 steps back {values[-11]:.0e}, 50 steps back {values[-51]:.0e}")
panel.set(xlabel="steps before the last one", ylabel="gradient, that of the last step being 1")
panel.set(xlim=(length, 0), ylim=(1e-20, 1e2))
panel.grid(alpha=0.3)
panel.legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# As torch starts it, the RNN's gradient is gone after a few dozen steps, and so is the LSTM's: its forget
# gates are half open, and a half to the power of fifty is nothing. Only when they start open (here a bias of
# 1, with orthogonal recurrent matrices) does the LSTM keep its gradient. An orthogonal matrix keeps lengths,
# which saves the RNN's gradient too, as long as the weights stay near it; training has also lengthened the
# reach of the RNN that started as torch's do, though not to that of the others. It is 16 rows of this text
# that were looked at: the numbers are an example, the straight lines are the rule.
