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
# # 21 · Back-propagation
#
# What does a loss of many parameters do when one of them changes a little? Reverse mode answers for all of
# them in one pass: every operation knows its own derivative, and the chain rule puts them together, from the
# loss back to the leaves. Here is the whole of it, on arrays of numpy.

# %%
import time

import numpy as np
import torch
from IPython.display import SVG, display
from matplotlib import pyplot as plt

from textkit.models.autodiff.backward import backward, clear_gradients, ordered
from textkit.models.autodiff.finite_differences import finite_differences
from textkit.models.autodiff.node import Node
from textkit.models.autodiff.operations import sigmoid, total
from textkit.models.autodiff.picture import picture
from textkit.tasks.chapters.backpropagation import autograd, network_loss

torch.set_num_threads(1)

# %% [markdown]
# ## A graph
#
# Computing with nodes leaves a graph behind: each remembers what it was made of. `backward` walks it once,
# from the result to the leaves, and adds up the gradients: dL/dx is the sum, over everything made of x, of
# its own gradient times its derivative by x.

# %%
w, x, b = Node(0.5, name="w"), Node(2.0, name="x"), Node(-1.0, name="b")
p = sigmoid(w * x + b)
p.name = "p"
loss = (p - 1.0) ** 2
loss.name = "L"
backward(loss)
display(SVG(picture(loss)))

# %% [markdown]
# By hand: dL/dp = 2 (p - 1), dp/dz = p (1 - p), dz/dw = x.

# %%
by_hand = 2 * (p.value - 1) * p.value * (1 - p.value) * x.value
print(f"dL/dw {w.gradient:.6f}, by hand {by_hand:.6f}")

# %% [markdown]
# ## One node, used twice
#
# x is in both factors of x * x: both give their part. With arrays, what numpy repeats on the way forth is
# summed over on the way back: b, one number, was added to three.

# %%
x = Node(3.0)
backward(x * x)
a, b = Node([1.0, 2.0, 3.0]), Node(10.0)
backward(total((a + b) ** 2))
print("d(x x)/dx at 3:", x.gradient, "  db:", b.gradient, "= sum of da:", a.gradient, a.gradient.sum())

# %% [markdown]
# ## A network, checked twice
#
# Two layers and a softmax, on random numbers: against torch's autograd, and against differences
# (f(x + h) - f(x - h)) / 2h, which know no rule of differentiation, but need two passes for each parameter.

# %%
numbers = np.random.default_rng(1)
inputs, classes = numbers.normal(size=(8, 5)), numbers.integers(0, 3, 8)
weights = [numbers.normal(0, 0.5, size) for size in ((5, 7), (7,), (7, 3), (3,))]
leaves = [Node(value) for value in weights]
loss = network_loss(inputs, classes, weights=leaves)
backward(loss)
differences = finite_differences(
    lambda *moved: float(network_loss(inputs, classes, weights=[Node(m) for m in moved]).value), weights
)
print(f"loss {loss.value:.4f}, {len(ordered(loss))} nodes")
for leaf, torchs, difference in zip(
    leaves, autograd(inputs, classes, weights=weights), differences, strict=True
):
    print(
        f"{leaf.shape!s:7} from torch {np.abs(leaf.gradient - torchs).max():.0e}, "
        f"from differences {np.abs(leaf.gradient - difference).max():.0e}"
    )

# %% [markdown]
# How small should h be? The error of the formula falls with its square, that of rounding grows as it shrinks.

# %%
sizes = np.logspace(-10, -1, 28)
errors = [
    abs(float(finite_differences(lambda v: float(np.exp(v)), [np.array(1.0)], step=h)[0]) - np.e)
    for h in sizes
]
figure, axes = plt.subplots(figsize=(5.5, 3), layout="constrained")
axes.loglog(sizes, errors, "o-", markersize=3)
axes.set(xlabel="h", ylabel="error", title="The derivative of exp at 1, by differences")
axes.grid(alpha=0.3)
plt.show()

# %% [markdown]
# ## Why gradients are cleared
#
# A second pass adds to what the first has left. That is of use, when the losses of two halves of a batch are
# to be summed; but who takes a step must clear them first, or goes on along all gradients there ever were.

# %%
w = Node(0.0)
loss = (w - 3.0) ** 2
backward(loss)
backward(loss)
print("after two passes", w.gradient, "- the gradient is", 2 * (w.value - 3))

# %%
figure, axes = plt.subplots(figsize=(5.5, 3), layout="constrained")
for cleared in (True, False):
    w, seen = Node(0.0), []
    for _ in range(40):
        if cleared:
            clear_gradients([w])
        backward((w - 3.0) ** 2)
        w.value = w.value - 0.1 * w.gradient
        seen.append(float(w.value))
    axes.plot(seen, label="cleared" if cleared else "not cleared")
axes.axhline(3, color="grey", linestyle=":")
axes.set(xlabel="step", ylabel="w", title="Descent of (w - 3)²")
axes.legend()
axes.grid(alpha=0.3)
plt.show()

# %% [markdown]
# ## Deep graphs
#
# Nodes are visited in topological order: each once, though there may be a great many paths through it. The
# order is found without recursion, so a graph may be deeper than Python's stack.

# %%
x = last = Node(1.0)
for _ in range(60):
    last = last + last
backward(last)
print(f"{len(ordered(last))} nodes, {x.gradient:.3g} paths")
x = last = Node(1.0)
for _ in range(10_000):
    last = last * 1.0001
begin = time.perf_counter()
backward(last)
print(f"10,000 factors: {x.gradient:.6f}, exactly {1.0001**10_000:.6f}; {time.perf_counter() - begin:.2f} s")
