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
# # 20 · The multilayer perceptron
#
# A linear map, a function of each number, another linear map, and so on: with one hidden layer already it can
# part what no line can. What matters beside the formula is where the weights begin, and what keeps a large
# network from learning its examples by heart.

# %%
import torch
from matplotlib import pyplot as plt
from torch import nn
from torch.nn.functional import cross_entropy

from textkit.models.dropout import InvertedDropout
from textkit.models.perceptrons.activations import ACTIVATIONS
from textkit.models.perceptrons.maxout import Maxout
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.tasks.chapters import dropout
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.spirals import spirals
from textkit.train.fit import fit

torch.set_num_threads(1)

# %% [markdown]
# ## The formula
#
# Each hidden layer is f(W h + b), the output is a linear map. Written out, and as `torch.nn` has it:

# %%
numbers = torch.Generator().manual_seed(1)
network = MultilayerPerceptron([4, 8, 3], "tanh", generator=numbers)
x = torch.randn(5, 4, generator=numbers)  # (B, F)
hidden = torch.tanh(x @ network.hidden[0].weight.T + network.hidden[0].bias)  # (B, 8)
by_hand = hidden @ network.output.weight.T + network.output.bias  # (B, K)
theirs = nn.Sequential(network.hidden[0], nn.Tanh(), network.output)
print(torch.allclose(network(x), by_hand), torch.allclose(network(x), theirs(x)))

# %% [markdown]
# ## Activations
#
# Without f, layers would collapse into one linear map. **Maxout** has no fixed f: a unit is the largest of
# several linear maps, and learns its shape. Here one was given the pieces z and -z, another z, -z/2 and 1.5.

# %%
z = torch.linspace(-4, 4, 201)
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
for name, activation in ACTIVATIONS.items():
    left.plot(z, activation(z), label=name)
for slopes, biases in (((1.0, -1.0), (0.0, 0.0)), ((1.0, -0.5, 0.0), (0.0, 0.0, 1.5))):
    unit = Maxout(1, 1, pieces=len(slopes))
    with torch.no_grad():
        unit.linear.weight[:, 0] = torch.tensor(slopes)
        unit.linear.bias[:] = torch.tensor(biases)
        right.plot(z, unit(z[:, None])[:, 0], label=f"the largest of {len(slopes)} pieces")
left.set(xlabel="z", ylabel="f(z)", ylim=(-1.2, 3), title="Activations")
right.set(xlabel="z", title="Units of Maxout")
for axes in (left, right):
    axes.grid(alpha=0.3)
    axes.legend()
plt.show()

# %% [markdown]
# ## Two spirals
#
# Held-out points judge. A perceptron without a hidden layer is a line.

# %%
points, unseen = spirals(600, generator=numbers), spirals(1000, generator=numbers)


def learn(widths, activation="relu", *, epochs, **options):
    network = MultilayerPerceptron(widths, activation, generator=torch.Generator().manual_seed(1), **options)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    fit(network, cross_entropy, examples=points, optimizer=optimizer, epochs=epochs, batch_size=100, seed=1)
    return network


line, deep = learn([2, 2], epochs=10), learn([2, 24, 24, 2], epochs=30)
figure, panels = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
side = torch.linspace(-2.3, 2.3, 150)
grid = torch.stack(torch.meshgrid(side, side, indexing="xy"), dim=-1)
for axes, (name, network) in zip(panels, {"a line": line, "two hidden layers": deep}.items(), strict=True):
    with torch.no_grad():
        axes.contourf(side, side, network(grid).softmax(-1)[..., 1], levels=10, cmap="RdBu_r", alpha=0.7)
    axes.scatter(*unseen[0][:300].T, c=unseen[1][:300], cmap="RdBu_r", s=6)
    axes.set(title=f"{name}: {accuracy(network, unseen):.1%} right", aspect="equal", xlabel="x1", ylabel="x2")
plt.show()

# %% [markdown]
# ## Where weights begin
#
# From zero all units of a layer are alike, so they get the same gradient, and stay alike: sixteen units do
# the work of one. With ReLU and tanh it is worse, as units that are 0 give no gradient at all. Random numbers
# tell units apart; how large they should be is what notebook 22 is about.

# %%
for start in ("zero", "xavier"):
    network = learn([2, 16, 16, 2], "sigmoid", epochs=60, initialisation=start)
    with torch.no_grad():
        units = network.layers(unseen[0])[0]  # (B, 16)
    spread = float((units.amax(1) - units.amin(1)).max())
    print(f"{start:7} units differ by {spread:.3f} at most; {accuracy(network, unseen):.1%} right")

# %% [markdown]
# ## Dropout and early stopping
#
# In training each hidden unit is dropped with the chance p, and what stays is divided by 1 - p: what the next
# layer expects is the same with and without. In evaluation nothing is dropped.

# %%
torch.manual_seed(1)
layer, ones = InvertedDropout(0.5), torch.ones(8)
print("training  ", layer(ones).tolist(), f"mean of many {layer(torch.ones(100_000)).mean():.3f}")
print("evaluation", layer.eval()(ones).tolist())

# %% [markdown]
# Three hundred digits of 8 by 8 pixels, three in ten of them labelled wrongly on purpose: a network with many
# weights can learn even that by heart. Early stopping keeps the weights of the epoch with the lowest loss on
# a validation set, whose labels are no better. Training error is measured against the labels as they were
# given; the held-out ones have right labels.

# %%
digits = dropout.read(1, torch.Generator().manual_seed(1))
for name, options in {
    "plain": {},
    "dropout": {"dropout": 0.5},
    "early stopping": {"patience": 8},
}.items():
    training, held_out, epoch, _ = dropout.learn(digits, 1, **options)
    print(f"{name:14} error: training {training:.1%}, held out {held_out:.1%}; weights of epoch {epoch}")

# %% [markdown]
# The error on training digits, which is what books often show, ranks them the wrong way round.
# `textkit chapter run perceptron`, `initialisation` and `dropout` have the whole story.
