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
# # 16 · Regularisation: paying for large weights
#
# Instead of fewer weights, smaller ones: lambda times their squares (ridge) or their sizes (lasso) is added
# to the loss. The larger lambda is, the stiffer the model.
#
# With what is expected: `textkit chapter run regularisation`.

# %%
import numpy as np
import torch
from matplotlib import pyplot as plt

from textkit.models.regression.lasso import largest_penalty, lasso_path, soft_threshold
from textkit.models.regression.linear import mean_squared_error
from textkit.models.regression.penalties import l2_penalty
from textkit.models.regression.polynomial import fit_polynomial
from textkit.models.regression.ridge import degrees_of_freedom, ridge, ridge_path
from textkit.train.fit import fit

torch.set_num_threads(1)
rng = np.random.default_rng(2)

# %% [markdown]
# ## The same degree, stiffer and stiffer
#
# A polynomial of degree 9 through 12 rows. The penalty does what choosing a lower degree did.

# %%
values = np.sort(rng.uniform(0, 1, 12))
targets = np.sin(2 * np.pi * values) + 0.2 * rng.normal(size=12)
span = np.linspace(0, 1, 200)
figure, axes = plt.subplots(figsize=(6.5, 4), layout="constrained")
for penalty in (0.0, 1e-3, 1.0):
    curve = fit_polynomial(values, targets, degree=9, penalty=penalty)
    axes.plot(span, curve.predictions(span), label=f"lambda {penalty:g}")
axes.plot(values, targets, "o", color="black")
axes.set(xlabel="x", ylabel="y", ylim=(-2, 2), title="Degree 9 through 12 rows")
axes.legend()
plt.show()

# %% [markdown]
# ## Ridge and lasso along lambda
#
# 60 rows, 40 features, of which five count. Lambda is chosen by validation rows; a third set says how good
# that was.

# %%
true = np.zeros(40)
true[:5] = [1, -1, 1, 1, -1]


def draw(rows):
    features = rng.normal(size=(rows, 40))
    return features, features @ true + rng.normal(size=rows)


train, valid, test = draw(60), draw(60), draw(2000)
print(f"the lasso's weights are all zero from lambda {largest_penalty(*train):.2f} on")
lambdas = 10.0 ** np.arange(1, -4.1, -0.25)
paths = {"ridge": ridge_path(*train, penalties=lambdas), "lasso": lasso_path(*train, penalties=lambdas)}
figure, panels = plt.subplots(2, 2, figsize=(10, 7), sharex=True, sharey="row", layout="constrained")
for (name, models), (above, below) in zip(paths.items(), panels.T, strict=True):
    errors = {
        part: [mean_squared_error(model.predictions(rows[0]), rows[1]) for model in models]
        for part, rows in {"training": train, "validation": valid, "test": test}.items()
    }
    for part in ("training", "validation"):
        above.plot(lambdas, errors[part], label=part)
    best = int(np.argmin(errors["validation"]))
    weights = np.array([model.weights for model in models])
    below.plot(lambdas, weights[:, 5:], color="lightgrey", linewidth=0.8)
    below.plot(lambdas, weights[:, :5])
    below.axvline(lambdas[best], color="black", linestyle=":", linewidth=0.8)
    above.set(xscale="log", title=name)
    below.set(xlabel="lambda")
    zeros = np.count_nonzero(weights[best] == 0)
    print(
        f"{name}: lambda {lambdas[best]:.2g}, {zeros} weights are zero, test error {errors['test'][best]:.2f}"
    )
panels[0, 0].set(ylabel="mean squared error")
panels[0, 0].legend()
panels[1, 0].set(ylabel="weight (grey: does not count)")
plt.show()

# %% [markdown]
# Ridge has in effect fewer weights than 40, in fractions:

# %%
for penalty in (0.0, 0.1, 1.0, 10.0):
    print(f"lambda {penalty:4g}: {degrees_of_freedom(train[0], penalty):4.1f} degrees of freedom")

# %% [markdown]
# Why zeros? With features at right angles each weight is on its own. Ridge divides what least squares found,
# the lasso takes something off, and stops at zero.

# %%
free = np.linspace(-3, 3, 121)
figure, axes = plt.subplots(figsize=(5, 3.8), layout="constrained")
axes.plot(free, free, ":", color="grey", label="least squares")
axes.plot(free, free / 2, label="ridge, lambda 1")
axes.plot(free, soft_threshold(free, 1.0), label="lasso, lambda 1")
axes.set(xlabel="weight of least squares", ylabel="weight")
axes.legend()
plt.show()

# %% [markdown]
# ## Weight decay
#
# Networks are not solved in closed form. Their optimisers can let the weights decay in each step; under SGD
# that is the L2 penalty, step for step. Under Adam it is not: Adam scales the penalty's gradient like any
# other, AdamW takes the decay from the weights themselves.


# %%
def trained(make, *, decay=0.0, penalty=0.0):
    line = torch.nn.Linear(40, 1, dtype=torch.float64)
    torch.nn.init.zeros_(line.weight)
    torch.nn.init.zeros_(line.bias)
    groups = [{"params": [line.weight], "weight_decay": decay}, {"params": [line.bias], "weight_decay": 0.0}]
    fit(
        line,
        lambda outputs, wanted: (outputs - wanted).square().mean() / 2,
        examples=(torch.from_numpy(train[0]), torch.from_numpy(train[1])[:, None]),
        optimizer=make(groups),
        epochs=150,
        penalty=l2_penalty([line.weight], penalty) if penalty else None,
    )
    return line.weight.detach().numpy()[0]


sgd = trained(lambda groups: torch.optim.SGD(groups, lr=0.5), decay=0.1)
sgd_penalty = trained(lambda groups: torch.optim.SGD(groups, lr=0.5), penalty=0.1)
adam = trained(lambda groups: torch.optim.AdamW(groups, lr=0.01), decay=0.1)
adam_penalty = trained(lambda groups: torch.optim.Adam(groups, lr=0.01), penalty=0.1)
print(f"SGD:  decay from penalty {np.abs(sgd - sgd_penalty).max():.1e}")
print(f"      decay from ridge's closed form {np.abs(sgd - ridge(*train, penalty=0.1).weights).max():.1e}")
print(f"Adam: decay from penalty {np.abs(adam - adam_penalty).max():.1e}")
