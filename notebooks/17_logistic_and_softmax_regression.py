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
# # 17 · Logistic and softmax regression: probabilities of classes
#
# A linear score, squeezed to a probability: by the sigmoid for two classes, by the softmax for many. Both
# are learnt by the same rule, the gradient at a score being what was said minus what was true.

# %%
import tempfile
from pathlib import Path

import numpy as np
import torch
from IPython.display import Image
from matplotlib import pyplot as plt
from torch.nn.functional import cross_entropy as torch_cross_entropy

from textkit.models.classification.logistic import binary_cross_entropy, fit_logistic, sigmoid
from textkit.models.classification.softmax import cross_entropy, score_gradient, softmax
from textkit.tasks.chapters import Study, load_chapter

torch.set_num_threads(1)
pictures = Path(tempfile.mkdtemp())


def tell(name):
    chapter, study = load_chapter(name), Study(plots=pictures)
    reached = chapter.run(study)
    for fact in chapter.CARD.facts:
        print(f"{fact.name}: {reached[fact.name]:.4g} (expected {fact.text})")
    for note in study.notes:
        print("-", note)


# %% [markdown]
# ## Two classes
#
# The loss of a row is minus the logarithm of the probability of its class. Taken from the probability it is
# infinite where that was rounded to zero; taken from the score it never is.

# %%
scores = np.array([-800.0, -2.0, 0.0, 2.0])
ones = np.ones(4, np.int64)
with np.errstate(divide="ignore"):
    print("from probabilities", -np.log(sigmoid(scores)))
print("from scores       ", binary_cross_entropy(scores, ones))

# %% [markdown]
# Newton's method needs a handful of steps. Hours of study, and whether the examination was passed:

# %%
generator = np.random.default_rng(0)
hours = generator.uniform(0, 6, (80, 1))
passed = (generator.uniform(size=80) < sigmoid(1.5 * hours[:, 0] - 4)).astype(np.int64)
model = fit_logistic(hours, passed)
print(f"score = {model.weights[0]:.2f} * hours {model.bias:+.2f}; drawn with 1.50 and -4.00")

shown = np.linspace(0, 6, 100)[:, None]
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.scatter(hours[:, 0], passed, s=12, label="students")
axes.plot(shown, model.probabilities(shown), color="black", label="P(passed)")
axes.set(xlabel="hours", ylabel="passed")
axes.legend()
plt.show()

# %% [markdown]
# ## A table of thirty columns
#
# The chapter as `textkit chapter run logistic-regression` has it: minibatches beside Newton's method, by our
# loop and by torch's `Dataset` and `DataLoader`; the accuracy on rows learnt from beside that on others.

# %%
tell("logistic-regression")
Image(str(pictures / "logistic-regression.png"), width=800)

# %% [markdown]
# ## Many classes
#
# Rows of the softmax sum to one, however large the scores; the gradient of the cross-entropy at the scores
# is p minus y, which torch finds too.

# %%
scores, classes = np.array([[1000.0, 999.0, 0.0], [0.2, -0.1, 0.4]]), np.array([1, 2])
print(softmax(scores).round(3), softmax(scores).sum(1))
print("losses", cross_entropy(scores, classes).round(4))
tensor = torch.tensor(scores, requires_grad=True)
torch_cross_entropy(tensor, torch.tensor(classes), reduction="sum").backward()
print(np.abs(tensor.grad.numpy() - score_gradient(scores, classes)).max())

# %% [markdown]
# Digits of 8 by 8 pixels: one linear map reads most of them. Rows held out at random flatter here, too,
# since the same hands wrote the rows that were learnt from.

# %%
tell("softmax-regression")
Image(str(pictures / "softmax-regression.png"), width=640)
