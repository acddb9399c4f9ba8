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
# # 14 · Linear regression: four ways to the same line
#
# Three points lie on a line: (1, 2.5), (2, 4.5), (3, 6.5). What stands at 4? The closed form says it at once;
# descents find it step by step, and go on to work where there is no closed form.
#
# The whole chapter, with what is expected: `textkit chapter run linear-regression`.

# %%
import numpy as np
from matplotlib import pyplot as plt

from textkit.models.regression.descent import descend, largest_rate
from textkit.models.regression.linear import (
    LinearModel,
    gradient,
    least_squares,
    mean_squared_error,
    squared_loss,
)
from textkit.models.schedules import linear

x, y = np.array([[1.0], [2.0], [3.0]]), np.array([2.5, 4.5, 6.5])

# %% [markdown]
# ## The closed form
#
# Where the gradient of the squared loss is zero, X'X w = X'y holds. The library solves this by the singular
# value decomposition of X, not with the inverse of X'X.

# %%
line = least_squares(x, y)
print(f"y = {line.weights[0]:.4f} x + {line.bias:.4f}; at 4: {line.predictions(np.array([[4.0]]))[0]:.4f}")

# %% [markdown]
# Why not the inverse? Two features that are nearly the same, both with weight 1: X'X squares what is small
# already, and the digits are gone.

# %%
rng = np.random.default_rng(0)
first = rng.normal(size=200)
print("difference of the features   error of the inverse   of the closed form")
for gap in (1e-2, 1e-4, 1e-6, 1e-7):
    features = np.column_stack([first, first + gap * rng.normal(size=200)])
    targets = features.sum(1)
    inverse = np.linalg.inv(features.T @ features) @ features.T @ targets
    closed = least_squares(features, targets).weights
    print(f"{gap:26.0e}   {np.abs(inverse - 1).max():20.1e}   {np.abs(closed - 1).max():18.1e}")

# %% [markdown]
# ## The gradient
#
# A descent needs the gradient. Is it right? Move each parameter a little, there and back, and look at the
# loss.

# %%
model = LinearModel(np.array([0.3]), -0.2)
slope, shift = gradient(model, x, y)


def loss(weight, bias):
    return squared_loss(LinearModel(np.array([weight]), bias), x, y)


h = 1e-5
print("weight:", slope[0], (loss(0.3 + h, -0.2) - loss(0.3 - h, -0.2)) / (2 * h))
print("bias:  ", shift, (loss(0.3, -0.2 + h) - loss(0.3, -0.2 - h)) / (2 * h))

# %% [markdown]
# ## Three descents
#
# All rows at once, one row at a time, two rows at a time: only the number of rows in a step differs.

# %%
ways = {"gradient descent": (None, 0.15), "stochastic": (1, 0.05), "minibatch": (2, 0.1)}
paths = {way: [LinearModel(np.zeros(1), 0.0)] for way in ways}
for way, (size, rate) in ways.items():
    found = descend(x, y, rate=rate, epochs=1000, batch_size=size, seed=1, watch=paths[way].append).model
    print(f"{way:16} y = {found.weights[0]:.4f} x + {found.bias:.4f}")

# %%
figure, axes = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
weights, biases = np.linspace(-0.2, 2.6, 80), np.linspace(-0.2, 1.4, 80)
losses = [[loss(weight, bias) for weight in weights] for bias in biases]
axes.contour(weights, biases, losses, levels=np.geomspace(0.01, 10, 10), colors="lightgrey")
for way, path in paths.items():
    steps = [(step.weights[0], step.bias) for step in path[:100]]
    axes.plot(*zip(*steps, strict=True), "o-", markersize=2.5, linewidth=0.8, label=way)
axes.plot([2], [0.5], "*", color="black", markersize=12, label="closed form")
axes.set(xlabel="weight", ylabel="bias", title="The first 100 steps, over the loss")
axes.legend()
plt.show()

# %% [markdown]
# How large may a step be? Along the steepest direction of the bowl each step multiplies the distance by
# 1 - rate * l. From a rate of 2 / l on, that is no longer nearer.

# %%
limit = largest_rate(x)
print(f"largest rate: {limit:.4f}")
figure, axes = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
for share in (0.1, 0.5, 0.98, 1.02):
    found = descend(x, y, rate=share * limit, epochs=100)
    axes.semilogy(found.losses, label=f"{share:g} of the largest rate")
axes.set(xlabel="step", ylabel="loss", title="Gradient descent at four rates")
axes.legend()
plt.show()

# %% [markdown]
# ## With noise
#
# Rows that no line fits exactly: each asks for something else, and at a constant rate a stochastic descent
# never comes to rest. A rate that falls brings it there. The last 1,000 rows are held out: the best error
# one can hope for there is the noise's variance, 1.

# %%
true = LinearModel(np.array([2.0, -3.4]), 4.2)
features = rng.normal(size=(2000, 2))
targets = true.predictions(features) + rng.normal(size=2000)
train, test = (features[:1000], targets[:1000]), (features[1000:], targets[1000:])
closed = least_squares(*train)
least = squared_loss(closed, *train)
figure, axes = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
settings = {"rate": 0.1, "epochs": 20, "batch_size": 10, "seed": 1}
for name, found in {
    "constant rate": descend(*train, **settings),
    "falling rate": descend(*train, **settings, schedule=linear),
}.items():
    axes.semilogy(np.array(found.losses) - least, label=name)
    error = mean_squared_error(found.model.predictions(test[0]), test[1])
    print(f"{name}: held-out error {error:.4f}")
print(f"closed form: held-out error {mean_squared_error(closed.predictions(test[0]), test[1]):.4f}")
axes.set(xlabel="epoch", ylabel="loss above the least", title="Minibatches of ten rows")
axes.legend()
plt.show()
