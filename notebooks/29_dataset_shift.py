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
# # 29 · Data-set shift: when new rows are not like the old ones
#
# A model is measured on rows like those it learnt from. Later the classes may be otherwise frequent (label
# shift), the features lie elsewhere (covariate shift), or the features mean something else (concept shift).

# %%
import tempfile
from pathlib import Path

import numpy as np
from IPython.display import Image
from matplotlib import pyplot as plt

from textkit.models.shift.density_ratio import effective_rows, fit_density_ratio
from textkit.models.shift.error_rise import ErrorAlarm, rise_test
from textkit.models.shift.label_shift import class_weights
from textkit.models.shift.two_samples import domain_test, marginal_tests
from textkit.tasks.chapters import Study, load_chapter

generator = np.random.default_rng(2)

# %% [markdown]
# ## Are these rows like those?
#
# Kolmogorov and Smirnov look at each feature alone. A classifier that is to tell old rows from new ones looks
# at them together: what it gets right on rows that it has not seen, is compared with what it would
# get right if they were dealt out by chance.

# %%
old = generator.normal(size=(300, 2))
alike = generator.normal(size=(300, 2))
turned = generator.normal(size=(300, 2)) @ np.linalg.cholesky([[1, 0.6], [0.6, 1]]).T
for name, new in {"alike": alike, "moved": alike + np.array([0.4, 0]), "turned": turned}.items():
    alone, together = marginal_tests(old, new).min(), domain_test(old, new, generator=generator)
    print(f"{name:7} each feature alone p = {alone:.3g}, both together p = {together:.3g}")

# %% [markdown]
# ## Weights for old rows
#
# The same classifier gives the ratio of the densities. For two Gaussians of one spread its logarithm is a
# straight line, known exactly.

# %%
first, second = generator.normal(0, 1, (2000, 1)), generator.normal(1, 1, (2000, 1))
ratio = fit_density_ratio(first, second)
weights = ratio.weights(first)
print(f"mean of the first sample {first.mean():.2f}, weighed {np.average(first[:, 0], weights=weights):.2f}")
print(f"2,000 rows so weighed are worth {effective_rows(weights):.0f}")
places = np.linspace(-3, 4, 50)[:, None]
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(places, places - 0.5, color="black", linestyle=":", label="exact")
axes.plot(places, ratio.scores(places), label="from the classifier")
axes.set(xlabel="x", ylabel="ln of new over old density")
axes.legend()
plt.show()

# %% [markdown]
# ## Shares of classes, from answers alone
#
# A classifier that is wrong as often as it ever was still tells how frequent classes have become: undo its
# confusions.

# %%
classes = generator.choice(2, 5000, p=[0.8, 0.2])
new_classes = generator.choice(2, 5000, p=[0.3, 0.7])
answers, new_answers = (
    np.where(generator.uniform(size=5000) < 0.85, k, 1 - k) for k in (classes, new_classes)
)
found = class_weights(classes, answers, new_answers=new_answers, size=2) * np.bincount(classes) / 5000
print("shares of answers", np.bincount(new_answers) / 5000, "of classes, estimated", found.round(3))

# %% [markdown]
# ## Errors that rise
#
# Where only the meaning of features changes, features do not show it: some labels are needed. Tested once on
# a batch, or watched row by row.

# %%
errors = np.concatenate([generator.uniform(size=500) < 0.1, generator.uniform(size=200) < 0.3])
print(f"p-value of the last 200 rows {rise_test(errors[:500], errors[500:]):.2g}")
print("alarm at row", ErrorAlarm(0.1, 0.2, rows=10_000).first(errors), "of a change at 500")

# %% [markdown]
# ## All three, with what it costs and what is won back
#
# `textkit chapter run dataset-shift`:

# %%
chapter, study = load_chapter("dataset-shift"), Study(plots=Path(tempfile.mkdtemp()))
reached = chapter.run(study)
for fact in chapter.CARD.facts:
    print(f"{fact.name}: {reached[fact.name]:.4g} (expected {fact.text})")
for note in study.notes:
    print("-", note)
Image(str(study.plots / "dataset-shift.png"), width=960)
