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
# # 19 · XOR: what no line can part
#
# One or the other, but not both: four points that a logistic unit cannot learn, however long it is trained,
# and that two units can, once one sees what the other says.

# %%
import itertools
import tempfile
from pathlib import Path

import numpy as np
import torch
from IPython.display import Image

from textkit.models.classification.best_line import most_right
from textkit.models.classification.units import CascadedUnits
from textkit.tasks.chapters import Study, load_chapter

torch.set_num_threads(1)
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])

# %% [markdown]
# Four points can be given two classes in sixteen ways. For which of them does no line have each point on its
# side? Every order in which a direction can meet the points is tried, so the answer is exact.

# %%
for way in itertools.product([0, 1], repeat=4):
    most = most_right(corners, np.array(way))
    if most < 4:
        print(way, "at most", most, "of 4")

# %% [markdown]
# ## By hand
#
# One unit says "both". The other asks for "any", and takes "both" away.

# %%
units = CascadedUnits(2, 2, generator=torch.Generator().manual_seed(0))
with torch.no_grad():
    units.weights[0].copy_(torch.tensor([20.0, 20.0]))
    units.weights[1].copy_(torch.tensor([20.0, 20.0, -40.0]))
    units.biases.copy_(torch.tensor([-30.0, -10.0]))
    points = torch.tensor(corners, dtype=torch.float32)
    for point, both, score in zip(corners, units.hidden(points), units(points), strict=True):
        print(point, f"both {both.item():.2f}, one of them {torch.sigmoid(score).item():.2f}")

# %% [markdown]
# ## By training
#
# `textkit chapter run xor`: one unit ends at one half for every point, the best it can do. Of two in
# cascade nearly every start gets there; of the course's three, two below one, fewer do: gradient descent can
# stick where three of four points are right.

# %%
chapter, study = load_chapter("xor"), Study(plots=Path(tempfile.mkdtemp()))
reached = chapter.run(study)
for fact in chapter.CARD.facts:
    print(f"{fact.name}: {reached[fact.name]:.4g} (expected {fact.text})")
for note in study.notes:
    print("-", note)
Image(str(study.plots / "xor.png"), width=900)
