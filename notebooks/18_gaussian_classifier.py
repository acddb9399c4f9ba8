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
# # 18 · A Gaussian for each class
#
# Instead of the border between classes, one can learn what each class looks like, and let Bayes' rule find
# the border. With Gaussians there is nothing to search for: means and covariances are the answer.

# %%
import tempfile
from pathlib import Path

import numpy as np
from IPython.display import Image
from matplotlib import pyplot as plt

from textkit.models.classification.gaussian import fit_gaussians
from textkit.models.classification.logistic import fit_logistic
from textkit.tasks.chapters import Study, load_chapter

# %%
generator = np.random.default_rng(1)
classes = np.arange(300) % 2
rows = generator.normal(size=(300, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]]) + classes[:, None] * [2.0, 0.0]
model = fit_gaussians(rows, classes)
print("means", model.means.round(2).tolist())
print("shared covariance", model.covariances[0].round(2).tolist())
print("P(class 1) half way:", model.probabilities(model.means.mean(0, keepdims=True))[0, 1].round(3))

# %% [markdown]
# With one covariance the squares of x cancel in the ratio of the densities, so the log odds are linear.
# Logistic regression looks for such a line directly; the two agree where the Gaussians are true.

# %%
linear, direct = model.linear(), fit_logistic(rows, classes)
print("from the Gaussians ", (linear.weights[:, 1] - linear.weights[:, 0]).round(2))
print("logistic regression", direct.weights.round(2))

# %% [markdown]
# ## Lines and curves
#
# A covariance for each class leaves the squares in: the border is a curve of the second degree.

# %%
narrow = np.where(classes[:, None] == 0, 0.4, 1.0) * generator.normal(size=(300, 2)) + classes[:, None] * 1.2
side = np.linspace(-3, 5, 120)
grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
figure, panels = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
for axes, shared in zip(panels, (True, False), strict=True):
    made = fit_gaussians(narrow, classes, shared=shared)
    likely = made.probabilities(grid)[:, 1].reshape(120, 120)
    axes.contourf(side, side, likely, levels=np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.5)
    axes.contour(side, side, likely, levels=[0.5], colors="black")
    for each, colour in ((0, "tab:blue"), (1, "tab:red")):
        axes.scatter(*narrow[classes == each].T, s=6, color=colour, label=f"class {each}")
    right = np.mean(made.classes(narrow) == classes)
    axes.set(xlabel="x1", title=f"{'one covariance' if shared else 'one each'}: {right:.1%} of these rows")
panels[0].set_ylabel("x2")
panels[0].legend()
plt.show()

# %% [markdown]
# ## Which one for new rows
#
# That figure is of the rows learnt from. A covariance of seven features has 28 numbers, and a class of
# fifteen rows does not know them: shared, they come from all rows. The chapter, as `textkit chapter run
# gaussian-classifier` has it:

# %%
chapter, study = load_chapter("gaussian-classifier"), Study(plots=Path(tempfile.mkdtemp()))
reached = chapter.run(study)
for fact in chapter.CARD.facts:
    print(f"{fact.name}: {reached[fact.name]:.4g} (expected {fact.text})")
for note in study.notes:
    print("-", note)
Image(str(study.plots / "gaussian-classifier.png"), width=800)
