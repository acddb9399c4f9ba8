"""Exclusive or: what no line can part, logistic units in cascade can."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from textkit.models.classification.best_line import most_right
from textkit.models.classification.units import CascadedUnits, LogisticUnit
from textkit.models.perceptrons.multilayer import MultilayerPerceptron
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study
from textkit.train.fit import fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CARD = Card(
    title="XOR: the limit of a line",
    title_zh="异或：一条直线分不开",
    claim=(
        "Whatever the line, it puts at most three of the four points on their side, and the best that one "
        "logistic unit can do is to say one half. Two units, of which the second sees the first, get all "
        "four right; so does a hidden layer of two below a third, from fewer starts."
    ),
    facts=(
        Fact("most points that any line gets right", 3),
        Fact("loss of one unit", math.log(2), tolerance=1e-3),
        Fact("largest distance of one unit's answers from one half", 0.0, tolerance=0.01),
        Fact("points that two cascaded units get right, best start", 4),
        Fact("share of starts from which two cascaded units do it", 0.75, ">="),
        Fact("share of starts from which a hidden layer of two does it", 0.15, ">="),
    ),
    source="Minsky and Papert 1969; Fahlman and Lebiere 1990 (the cascade)",
    seconds=8,
    data_text="the four corners of a square",
)
CORNERS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
CLASSES = torch.tensor([0.0, 1.0, 1.0, 0.0])
STARTS, EPOCHS = 20, 120


class _SideBySide(nn.Module):
    """Networks that know nothing of each other, trained in the same steps: N of them give scores (B, N)."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, rows: Tensor) -> Tensor:
        """Scores (B, N)."""
        return torch.stack([network(rows).flatten() for network in self.networks], dim=1)


def run(study: Study) -> dict[str, float]:
    """Ask every line; train one unit, two in cascade, and a hidden layer of two, from several starts."""
    lines = most_right(CORNERS.double().numpy(), CLASSES.long().numpy())
    study.note(
        "why: (0,0) and (1,1) sum to what (0,1) and (1,0) sum to, so a score x w + b has the same sum over "
        "both pairs, and cannot be below zero on all of one and above it on all of the other"
    )
    starts = [torch.Generator().manual_seed(1000 * study.seed + start) for start in range(STARTS)]
    alone = LogisticUnit(2)
    with torch.no_grad():
        alone.weights.copy_(torch.randn(2, generator=starts[0]))
    cascades = [CascadedUnits(2, 2, generator=start) for start in starts]
    layers = [MultilayerPerceptron([2, 2, 1], "sigmoid", generator=start) for start in starts]
    right = learn([alone, *cascades, *layers])
    solved, layered = right[1 : 1 + STARTS], right[1 + STARTS :]
    for name, counts in (("two units in cascade", solved), ("a hidden layer of two, and a third", layered)):
        study.note(f"{name}: {counts.count(4)} of {STARTS} starts get all four right")

    def paint(figure: Figure) -> None:
        first, second, third = figure.subplots(1, 3)
        _regions(first, alone, "One unit: one half everywhere")
        _regions(second, cascades[int(np.argmax(solved))], "Two units in cascade")
        _seen_by_the_third(third, layers[int(np.argmax(layered))])

    study.draw("xor", paint, size=(11, 3.6))
    with torch.no_grad():
        answers = torch.sigmoid(alone(CORNERS))
        loss = float(binary_cross_entropy_with_logits(alone(CORNERS), CLASSES))
    return {
        "most points that any line gets right": lines,
        "loss of one unit": loss,
        "largest distance of one unit's answers from one half": float((answers - 0.5).abs().max()),
        "points that two cascaded units get right, best start": max(solved),
        "share of starts from which two cascaded units do it": solved.count(4) / STARTS,
        "share of starts from which a hidden layer of two does it": layered.count(4) / STARTS,
    }


def learn(networks: Sequence[nn.Module]) -> list[int]:
    """Train each on the four corners at once; how many of these each gets right in the end."""
    together = _SideBySide(networks)

    def loss(scores: Tensor, classes: Tensor) -> Tensor:
        # The sum over networks has for each the gradient of its own loss.
        mean = binary_cross_entropy_with_logits(scores, classes[:, None].expand_as(scores))
        return len(networks) * mean

    optimizer = torch.optim.Adam(together.parameters(), lr=0.2)
    fit(together, loss, examples=(CORNERS, CLASSES), optimizer=optimizer, epochs=EPOCHS)
    with torch.no_grad():
        right = (together(CORNERS) > 0) == (CLASSES > 0)[:, None]
    counts: list[int] = right.sum(0).tolist()
    return counts


def _regions(axes: Axes, module: nn.Module, title: str) -> None:
    side = np.linspace(-0.5, 1.5, 80)
    grid = torch.tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2), dtype=torch.float32)
    with torch.no_grad():
        likely = torch.sigmoid(module(grid)).reshape(80, 80).numpy()
    drawn = axes.contourf(side, side, likely, levels=np.linspace(-0.05, 1.05, 12), cmap="RdBu_r", alpha=0.7)
    axes.figure.colorbar(drawn, ax=axes, label="P(class 1)", ticks=[0, 0.5, 1])
    for each, marker in ((0, "o"), (1, "s")):
        here = CORNERS[each == CLASSES]
        axes.scatter(here[:, 0], here[:, 1], marker=marker, s=60, color="black", label=f"class {each}")
    axes.set(xlabel="x1", ylabel="x2", title=title)


def _seen_by_the_third(axes: Axes, network: MultilayerPerceptron) -> None:
    """The corners as the two hidden units show them, and the line that parts them there."""
    with torch.no_grad():
        hidden = torch.sigmoid(network.hidden[0](CORNERS))
        (first, second), bias = network.output.weight[0].tolist(), network.output.bias.item()
    for each, marker in ((0, "o"), (1, "s")):
        here = hidden[each == CLASSES]
        axes.scatter(here[:, 0], here[:, 1], marker=marker, s=60, alpha=0.6, label=f"class {each}")
    for place, (corner, (x, y)) in enumerate(zip(CORNERS.tolist(), hidden.tolist(), strict=True)):
        # Two corners may fall together: one is named above, the other below.
        name, above = f"({corner[0]:g}, {corner[1]:g})", 9 if place % 2 else -18
        axes.annotate(name, (x, y), xytext=(0, above), textcoords="offset points", ha="center")
    axes.axline((0, -bias / second), slope=-first / second, color="black", label="the third unit's line")
    axes.set(xlabel="h1", ylabel="h2", title="What the third unit sees")
    axes.set(xlim=(-0.2, 1.2), ylim=(-0.2, 1.5))
    axes.legend(loc="upper left")
