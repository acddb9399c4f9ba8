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
# # 25 · Learning rates: how large, and how they go
#
# The learning rate is the setting that matters most. A range test finds how large it may be; a schedule says
# how it goes from there. `textkit chapter run learning-rates` checks what this page shows, and
# `textkit lr-range` tests language models.

# %%
import matplotlib.pyplot as plt
import torch
from torch import nn

from textkit.data.row_batches import RowBatches
from textkit.models.optimizers.sgd import SGD
from textkit.models.schedules import SCHEDULES, constant, cosine_restarts, make_schedule, one_cycle
from textkit.tasks.chapters.optimisers import perceptron_of
from textkit.tasks.chapters.small_digits import flat_digits
from textkit.train.fit import ArraysObjective, fit
from textkit.train.range_test import range_test

torch.set_num_threads(1)

# %% [markdown]
# ## Schedules
#
# A schedule is a function of the step and of how many there will be; it gives a factor of the highest rate.
# Here all of them take 35 steps for their warm-up, or for their first rise.

# %%
figure, grid = plt.subplots(2, 5, figsize=(12, 4.6), sharex=True, sharey=True, layout="constrained")
for axes, name in zip(grid.flat, SCHEDULES, strict=True):
    schedule = make_schedule(name, warmup=35)
    axes.plot([schedule(step, 350) for step in range(350)])
    axes.set_title(name, fontsize=10)
figure.supxlabel("step")
figure.supylabel("factor")
plt.show()

# %% [markdown]
# Restarts (SGDR, Loshchilov and Hutter 2017): the rate falls along half a cosine, then starts again from the
# top, each fall twice as long as the last one.

# %%
for step in (0, 25, 49, 50, 100, 149, 150):
    print(f"step {step:3}: {cosine_restarts(step, 350, first=50):.4f}")

# %% [markdown]
# ## Range test
#
# Train for a few epochs with a rate that grows at each step, and look where the loss stops falling (Smith
# 2017). A tenth of the rate with the lowest loss is a good one to begin with.

# %%
examples, _ = flat_digits(1)
network = perceptron_of(1, activation="tanh")
tested = range_test(
    network,
    ArraysObjective(network, examples, loss=nn.functional.cross_entropy),
    batches=RowBatches(len(examples[0]), batch_size=64, seed=1),
    make_optimizer=lambda rate: SGD(network.parameters(), rate, momentum=0.9),
    lowest=1e-4,
    steps=150,
)
print(f"suggested: {tested.suggestion:.3f}")


def train(rate, schedule=constant, epochs=5):
    network = perceptron_of(1, activation="tanh")
    optimizer = SGD(network.parameters(), rate, momentum=0.9)
    return fit(
        network,
        nn.functional.cross_entropy,
        examples=examples,
        optimizer=optimizer,
        epochs=epochs,
        batch_size=64,
        seed=1,
        schedule=schedule,
    ).train


figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
left.semilogx(tested.rates, tested.losses)
left.axvline(tested.suggestion, linestyle="--", color="tab:red")
left.set(xlabel="learning rate", ylabel="smoothed loss (nats)", ylim=(0, 3), title="Range test")
for times in (1 / 30, 1, 30):
    right.semilogy(
        range(1, 6), train(times * tested.suggestion), ".-", label=f"{times:.2g} times the suggestion"
    )
right.set(xlabel="epoch", ylabel="training loss (nats)", title="What it says holds")
right.legend(loc=(0.42, 0.55), fontsize=9)
plt.show()

# %% [markdown]
# ## One cycle
#
# At five times the suggestion a constant rate is quick at first. One that rises to it and falls again is
# behind for most of the way, and ends lower (Smith and Topin 2017).

# %%
figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
for schedule in (constant, one_cycle):
    losses = train(5 * tested.suggestion, schedule, epochs=7)
    axes.semilogy(range(1, 8), losses, ".-", label=f"{schedule.__name__}: {losses[-1]:.3f}")
axes.set(xlabel="epoch", ylabel="training loss (nats)")
axes.legend()
plt.show()
