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
# # 24 · Optimisers: how to step, once the gradient is known
#
# Plain descent goes against the gradient. Momentum remembers where it went; Adagrad, RMSprop and Adam give
# each weight a rate of its own; AMSGrad, RAdam, AdaBound and SWATS each mend something about Adam.
# `textkit chapter run optimisers` runs all ten.

# %%
import math

import matplotlib.pyplot as plt
import torch
from torch import nn

from textkit.models.optimizers.adabound import AdaBound
from textkit.models.optimizers.adam import Adam
from textkit.models.optimizers.radam import RAdam, rectification
from textkit.models.optimizers.sgd import SGD
from textkit.models.optimizers.surfaces import descend, valley
from textkit.models.optimizers.swats import SWATS
from textkit.tasks.chapters.optimisers import perceptron_of
from textkit.tasks.chapters.small_digits import flat_digits
from textkit.train.fit import fit

torch.set_num_threads(1)

# %% [markdown]
# ## A long valley
#
# One weight is a hundred times as steep as the other. A rate that is small enough for the steep one is slow
# for the flat one: with the best rate there is, the distance shrinks by 99/101 a step. With the best momentum
# (Polyak 1964) it shrinks by 9/11 in the long run.

# %%
ways = {
    "plain": descend(valley, (1.0, 0.1), make_optimizer=lambda w: SGD(w, 2 / 101), steps=400),
    "momentum": descend(
        valley, (1.0, 0.1), make_optimizer=lambda w: SGD(w, 4 / 121, momentum=81 / 121), steps=400
    ),
    "Nesterov": descend(
        valley, (1.0, 0.1), make_optimizer=lambda w: SGD(w, 0.01, momentum=9 / 11, nesterov=True), steps=400
    ),
    "Adam": descend(valley, (1.0, 0.1), make_optimizer=lambda w: Adam(w, 0.05), steps=400),
}
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for name, way in ways.items():
    left.plot(*way[:60].T, ".-", linewidth=1, markersize=3, label=name)
    right.semilogy(valley(way), label=name)
left.set(xlabel="flat weight", ylabel="steep weight", title="the first 60 steps from (1, 0.1)")
right.set(xlabel="step", ylabel="height", ylim=(1e-12, 30), title="how high it is")
right.legend()
plt.show()

# %% [markdown]
# ## A step of Adam by hand
#
# Momentum m and mean square v start at zero, so both are too small at first; divided by 1 - beta^t they are
# not. While the gradient stays the same, each step is as long as the rate.

# %%
weight = nn.Parameter(torch.tensor([2.0], dtype=torch.float64))
optimizer = Adam([weight], 0.1)
m = v = 0.0
by_hand = 2.0
for step, gradient in enumerate((4.0, -1.0, 0.5), 1):
    weight.grad = torch.tensor([gradient], dtype=torch.float64)
    optimizer.step()
    m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
    by_hand -= 0.1 * (m / (1 - 0.9**step)) / (math.sqrt(v / (1 - 0.999**step)) + 1e-8)
    print(f"step {step}: {weight.item():.9f}, by hand {by_hand:.9f}")

# %% [markdown]
# ## When to trust a mean square
#
# One gradient says nothing of how gradients vary: at its first step Adam takes the sign alone. RAdam makes
# five steps with momentum only and then multiplies Adam's by a factor that grows to 1, as a warm-up would.
# AdaBound holds Adam's rates between bounds that close on the rate of SGD.

# %%
steps = range(1, 5001)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
left.semilogx(steps, [rectification(step, 0.999) or math.nan for step in steps])
left.set(xlabel="step", ylabel="factor of Adam's step", title="RAdam, beta2 = 0.999")
gamma, final = 1e-3, 0.1
right.loglog(steps, [final * (1 - 1 / (gamma * step + 1)) for step in steps], label="lowest")
right.loglog(steps, [final * (1 + 1 / (gamma * step)) for step in steps], label="highest")
right.set(xlabel="step", ylabel="rate of a weight", title="AdaBound, final rate 0.1")
right.legend()
plt.show()

# %% [markdown]
# ## From Adam to SGD
#
# SWATS asks at each step of Adam with which rate SGD, projected on that step, would have made it. When that
# rate is next to its own running mean, SGD goes on with the mean. The paper wants the two to be within 1e-9;
# minibatches of digits are too noisy for that, so the tolerance here is wider. Where the first few rates are
# alike, that makes it turn early: the condition says little about having settled.

# %%
examples, _ = flat_digits(1)
network = perceptron_of(1)
swats = SWATS(network.parameters(), 0.01, tolerance=3e-3)
group = swats.param_groups[0]
means = []


def watch(_step):
    if group["rate"] is None:
        means.append(group["mean"] / (1 - group["betas"][1] ** group["steps"]))


settings = {"examples": examples, "epochs": 5, "batch_size": 64, "seed": 1}
curves = {"SWATS": fit(network, nn.functional.cross_entropy, optimizer=swats, watch=watch, **settings)}
print(f"switched at step {group['steps']} to a rate of {swats.rates[0]:.3f}")
for name, make in {
    "SGD": lambda weights: SGD(weights, 0.3),
    "Adam": lambda weights: Adam(weights, 0.01),
    "AdaBound": lambda weights: AdaBound(weights, 0.01, final_lr=0.5, gamma=0.01),
    "RAdam": lambda weights: RAdam(weights, 0.03),
}.items():
    network = perceptron_of(1)
    optimizer = make(network.parameters())
    curves[name] = fit(network, nn.functional.cross_entropy, optimizer=optimizer, **settings)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
left.plot(range(1, len(means) + 1), means)
left.set(xlabel="step of Adam", ylabel="mean projected rate", title="SWATS until it switches")
for name, curve in curves.items():
    right.semilogy(range(1, 6), curve.train, ".-", label=name)
right.set(xlabel="epoch", ylabel="training loss (nats)", title="8x8 digits, one start")
right.legend()
plt.show()
