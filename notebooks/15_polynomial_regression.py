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
# # 15 · Polynomial regression: how flexible should a model be?
#
# A polynomial is linear regression on the powers of x. A higher degree fits the rows it learnt from better,
# always. Others it may fit worse. This chapter is about choosing: by rows held out, by cross-validation, and
# about what the error is made of.
#
# With what is expected: `textkit chapter run polynomial-regression`, `cross-validation`, `bias-variance`.

# %%
import numpy as np
from matplotlib import pyplot as plt

from textkit.data.splits import k_fold
from textkit.models.regression.bias_variance import decompose, resampled_predictions
from textkit.models.regression.linear import least_squares
from textkit.models.regression.polynomial import fit_polynomial
from textkit.models.regression.selection import cross_validate, errors_by, most_correlated

rng = np.random.default_rng(1)
NOISE = 0.2


def draw(rows):
    values = rng.uniform(-1, 1, rows)
    return values, values**2 - 2 * values**3 + NOISE * rng.normal(size=rows)


def fit(degree, values, targets):
    return fit_polynomial(values, targets, degree=degree)


# %% [markdown]
# ## Underfitting and overfitting
#
# Ten rows to learn from, ten to test on. The truth has degree 3.

# %%
degrees = [1, 2, 3, 4, 5]
train, test = draw(10), draw(10)
span = np.linspace(-1, 1, 200)
figure, axes = plt.subplots(figsize=(6.5, 4), layout="constrained")
for degree in (1, 3, 8):
    axes.plot(span, fit(degree, *train).predictions(span), label=f"degree {degree}")
axes.plot(*train, "o", color="black", label="training")
axes.plot(*test, "o", color="black", markerfacecolor="white", label="test")
axes.set(xlabel="x", ylabel="y", ylim=(-2, 3.5), title="Too stiff, right, too flexible")
axes.legend()
plt.show()

# %%
seen, unseen = errors_by(fit, degrees, train=train, held_out=test)
print("degree  training   test")
for degree, one, other in zip(degrees, seen, unseen, strict=True):
    print(f"{degree:6} {one:9.4f} {other:6.3f}")

# %% [markdown]
# ## An error that was chosen is too good
#
# Taking the degree of the least test error, as the book does, and then reporting that error, uses the test
# rows twice. Choose with the training rows alone, by folds, and the test rows can still say the truth. Both,
# over 200 draws, against the error on many rows:

# %%
everyone = draw(4000)
folds = list(k_fold(10, 5, seed=0))
book, honest = [], []
for _ in range(200):
    train, test = draw(10), draw(10)
    _, unseen = errors_by(fit, degrees, train=train, held_out=test)
    _, real = errors_by(fit, degrees, train=train, held_out=everyone)
    chosen = degrees.index(cross_validate(fit, degrees, rows=train, folds=folds).best)
    book.append(unseen.min() / real[unseen.argmin()])
    honest.append(unseen[chosen] / real[chosen])
print(f"claimed error over the real one: as in the book {np.mean(book):.2f}, ", end="")
print(f"as one should {np.mean(honest):.2f}")

# %% [markdown]
# ## Cross-validation
#
# Each row is held out once. The mean over the folds is the estimate, and the spread between them says how far
# to trust it: the one-standard-error rule takes the simplest model that is not clearly worse than the best.

# %%
rows = draw(30)
found = cross_validate(fit, range(1, 9), rows=rows, folds=k_fold(30, 10, seed=1))
figure, axes = plt.subplots(figsize=(6.5, 4), layout="constrained")
axes.errorbar(found.candidates, found.means, found.standard_errors, marker="o", capsize=3)
best = found.candidates.index(found.best)
axes.axhline(found.means[best] + found.standard_errors[best], color="grey", linestyle=":")
axes.set(xlabel="degree", ylabel="mean squared error", yscale="log", title="Ten folds of 30 rows")
plt.show()
print("least mean:", found.best, " simplest within one standard error:", found.simplest)

# %% [markdown]
# What looks at the targets belongs inside the folds. Here nothing can be learnt, features and targets are
# noise; yet choosing the ten best of 500 features first, with all rows, makes the folds find something.

# %%
features, targets = rng.normal(size=(50, 500)), rng.normal(size=50)
folds = list(k_fold(50, 10, seed=0))
before = features[:, most_correlated(features, targets, count=10)]
leaked = cross_validate(lambda _, x, y: least_squares(x, y), [0], rows=(before, targets), folds=folds)
print(f"variance of noise explained by features chosen before: {1 - leaked.means[0] / targets.var():.0%}")

# %% [markdown]
# ## Bias and variance
#
# Learn from many samples of the same truth. How far the mean of the curves is from the truth is the bias, how
# far they are from their mean the variance. With the noise they sum to the error on new targets.

# %%
places = np.linspace(0.05, 0.95, 60)
truth = np.sin(2 * np.pi * places)


def sample(generator):
    values = (np.arange(25) + generator.random(25)) / 25
    return values, np.sin(2 * np.pi * values) + 0.3 * generator.normal(size=25)


figure, panels = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True, layout="constrained")
for axes, degree in zip(panels, (1, 3, 9), strict=True):
    curves = resampled_predictions(
        lambda x, y, degree=degree: fit(degree, x, y), sample, places=places, learners=40, generator=rng
    )
    axes.plot(places, curves.T, color="lightgrey", linewidth=0.6)
    axes.plot(places, curves.mean(0), color="tab:blue", label="mean of 40 curves")
    axes.plot(places, truth, "--", color="black", label="truth")
    axes.set(xlabel="x", title=f"degree {degree}")
panels[0].set(ylabel="y")
panels[0].legend(fontsize=8)
plt.show()

# %%
print("degree  bias^2  variance  noise    sum")
for degree in (0, 1, 3, 5, 7, 9):
    curves = resampled_predictions(
        lambda x, y, degree=degree: fit(degree, x, y), sample, places=places, learners=150, generator=rng
    )
    parts = decompose(curves, truth, noise=0.3**2)
    print(f"{degree:6} {parts.bias2:7.4f} {parts.variance:9.4f} {parts.noise:6.3f} {parts.error:6.4f}")
