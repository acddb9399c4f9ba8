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
# # 22 · Numerical stability and initialisation
#
# A deep network multiplies many matrices, on the way forth and on the way back. A product of many factors has
# hardly a choice but to vanish or to explode, unless the factors are made for it.

# %%
import math

import torch
from matplotlib import pyplot as plt
from torch.nn.functional import cross_entropy

from textkit.models.matrix_products import growth_deviation, log_norms, lyapunov_exponent
from textkit.models.perceptrons.initialisation import INITIALISATIONS, initialise
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.models.perceptrons.signals import signals

torch.set_num_threads(1)

# %% [markdown]
# ## A product of a hundred matrices
#
# As in the course: 4 by 4, normal numbers.

# %%
torch.manual_seed(1)
product = torch.eye(4)
for _ in range(100):
    product = torch.randn(4, 4) @ product
print(product)

# %% [markdown]
# Each factor multiplies the length of a vector by a random number, so that the logarithm grows like a sum:
# linearly. For D by D matrices of normal entries with deviation s the slope is known: it is
# (log 2 + log s² + digamma(D / 2)) / 2. `log_norms` keeps the logarithm apart, so that nothing overflows.

# %%
numbers = torch.Generator().manual_seed(1)
figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
for size, deviation in ((4, 1.0), (4, 0.3), (64, 0.125)):
    logs = log_norms(1000, size, deviation=deviation, generator=numbers)
    (line,) = axes.plot(logs[:200] / math.log(10), label=f"{size}×{size}, deviation {deviation:g}")
    slope, spread = lyapunov_exponent(size, deviation), growth_deviation(size, 1000)
    axes.plot([0, 200], [0, slope * 200 / math.log(10)], "--", color=line.get_color(), linewidth=1)
    print(f"{size:2}, {deviation:5}: slope {float(logs[-1]) / 1000:+.4f}, theory {slope:+.4f} ± {spread:.4f}")
axes.set(xlabel="matrices in the product", ylabel="log10 of its norm", title="Dashed: theory")
axes.grid(alpha=0.3)
axes.legend()
plt.show()

# %% [markdown]
# With the deviation 1 / sqrt(D) the slope is about 0: that is the idea of Xavier's initialisation.
#
# ## What each initialisation draws
#
# Standard deviations of a weight from 300 to 200 units, formula and draw:

# %%
for name, deviation in INITIALISATIONS.items():
    weight = torch.empty(200, 300)
    initialise(weight, name, generator=numbers)
    print(f"{name:8} {deviation(300, 200):.4f} {weight.std():.4f}")

# %% [markdown]
# ## Through twenty layers
#
# Normal numbers go in, nothing has been trained. ReLU lets half of the square through, so Xavier's weights
# lose half of it at each layer, and Kaiming's, twice as large in the square, lose nothing. Small random
# weights lose everything. The derivative of sigmoid is 1/4 at most: its gradients vanish from any such start.

# %%
WIDTH, DEPTH = 256, 20
given = (torch.randn(128, WIDTH, generator=numbers), torch.randint(10, (128,), generator=numbers))
figure, panels = plt.subplots(2, 3, figsize=(10, 6), layout="constrained", sharex=True)
for column, activation in zip(panels.T, ("sigmoid", "tanh", "relu"), strict=True):
    for name in ("small", "xavier", "kaiming"):
        widths = [*[WIDTH] * (DEPTH + 1), 10]
        network = MultilayerPerceptron(widths, activation, initialisation=name, generator=numbers)
        flow = signals(network, cross_entropy, examples=given)
        for axes, sizes in zip(column, flow, strict=True):
            axes.semilogy(range(1, DEPTH + 1), sizes, marker=".", label=name)
    column[0].set(title=activation, ylim=(1e-20, 10))
    column[1].set(xlabel="layer", ylim=(1e-32, 1), xticks=range(2, DEPTH + 1, 3))
    for axes in column:
        axes.grid(alpha=0.3)
panels[0, 0].set_ylabel("size of the units")
panels[1, 0].set_ylabel("size of the gradient")
panels[0, 0].legend()
plt.show()

# %% [markdown]
# `textkit chapter run numerical-stability` and `textkit chapter run initialisation` check the numbers.
