"""Linear regression: the closed form, and three descents to the same line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textkit.models.regression.descent import descend
from textkit.models.regression.linear import (
    Doubles,
    LinearModel,
    least_squares,
    mean_squared_error,
    squared_loss,
)
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAYS = ("closed form", "gradient descent", "stochastic", "minibatch")
POINTS, HEIGHTS = np.array([[1.0], [2.0], [3.0]]), np.array([2.5, 4.5, 6.5])

CARD = Card(
    title="Linear regression",
    title_zh="线性回归",
    claim="The closed form, gradient descent, stochastic and minibatch descent find the same line, "
    "y = 2x + 0.5, through three points; on noisy data a minibatch descent comes as near to the true "
    "weights as the closed form, but for its own small wandering.",
    facts=(
        *(
            Fact(name, expected, tolerance=tolerance)
            for way in WAYS
            for name, expected, tolerance in (
                (f"weight, {way}", 2.0, 1e-3),
                (f"bias, {way}", 0.5, 1e-3),
                (f"prediction at 4, {way}", 8.5, 5e-3),
            )
        ),
        Fact("noisy data: furthest from the true weights", 0.005, "<="),
        # A thousand held-out rows: the mean of as many squares varies by 4.5 %.
        Fact("noisy data: held-out error over noise", 1.0, tolerance=0.15),
    ),
    source="Zhang, Lipton, Li and Smola 2023, Dive into deep learning, 3.1 to 3.4",
    seconds=2,
    data_text="(1, 2.5), (2, 4.5), (3, 6.5); and rows of y = 2a - 3.4b + 4.2 with noise of 0.01",
)


def run(study: Study) -> dict[str, float]:
    """Four ways through three points, then a minibatch descent on noisy rows."""
    paths: dict[str, list[LinearModel]] = {way: [] for way in WAYS[1:]}
    found = {"closed form": least_squares(POINTS, HEIGHTS)}
    for way, batch_size, rate in zip(WAYS[1:], (None, 1, 2), (0.15, 0.05, 0.1), strict=True):
        found[way] = descend(
            POINTS,
            HEIGHTS,
            rate=rate,
            epochs=1000,
            batch_size=batch_size,
            seed=study.seed,
            watch=paths[way].append,
        ).model
    reached: dict[str, float] = {}
    for way, model in found.items():
        reached[f"weight, {way}"] = float(model.weights[0])
        reached[f"bias, {way}"] = model.bias
        reached[f"prediction at 4, {way}"] = float(model.predictions(np.array([[4.0]]))[0])
    study.draw("linear-regression", lambda figure: _paint(figure, paths), size=(9, 4.2))
    return reached | _noisy(study)


def _noisy(study: Study) -> dict[str, float]:
    """Weights found from a thousand noisy rows, against those the rows were made with."""
    true, noise = LinearModel(np.array([2.0, -3.4]), 4.2), 0.01
    generator = np.random.default_rng(study.seed)
    features = generator.normal(size=(2000, 2))
    targets = true.predictions(features) + noise * generator.normal(size=2000)
    found = descend(
        features[:1000], targets[:1000], rate=0.03, epochs=10, batch_size=10, seed=study.seed
    ).model
    closed = least_squares(features[:1000], targets[:1000])
    away = {"minibatch": _distance(found, true), "closed form": _distance(closed, true)}
    study.note(
        "noisy data: furthest from a true weight or the bias: "
        + ", ".join(f"{way} {distance:.1e}" for way, distance in away.items())
    )
    error = mean_squared_error(found.predictions(features[1000:]), targets[1000:])
    return {
        "noisy data: furthest from the true weights": max(away.values()),
        "noisy data: held-out error over noise": error / noise**2,
    }


def _distance(one: LinearModel, other: LinearModel) -> float:
    return float(max(np.abs(one.weights - other.weights).max(), abs(one.bias - other.bias)))


def _paint(figure: Figure, paths: dict[str, list[LinearModel]]) -> None:
    """The line through the points, and the ways down to it over the loss."""
    line, valley = figure.subplots(1, 2)
    span = np.array([[0.0], [4.5]])
    model = least_squares(POINTS, HEIGHTS)
    line.plot(span[:, 0], model.predictions(span), color="tab:blue", label="y = 2x + 0.5")
    line.plot(POINTS[:, 0], HEIGHTS, "o", color="black", label="given")
    line.plot([4.0], model.predictions(np.array([[4.0]])), "s", color="tab:red", label="predicted at 4")
    line.set(xlabel="x", ylabel="y", title="The line of least squares")
    line.legend()

    weights, biases = np.linspace(-0.3, 3.2, 81), np.linspace(-0.4, 1.9, 81)
    losses: Doubles = np.array(
        [[squared_loss(LinearModel(np.array([w]), b), POINTS, HEIGHTS) for w in weights] for b in biases]
    )
    valley.contour(weights, biases, losses, levels=np.geomspace(0.01, 10, 10), colors="lightgrey")
    for (way, path), style in zip(paths.items(), ("o-", "x-", "^-"), strict=True):
        steps = [LinearModel(np.zeros(1), 0.0), *path[:60]]
        valley.plot(
            [step.weights[0] for step in steps],
            [step.bias for step in steps],
            style,
            markersize=3,
            linewidth=0.8,
            label=way,
        )
    valley.plot([2.0], [0.5], "*", color="black", markersize=12, label="closed form")
    valley.set(xlabel="weight", ylabel="bias", title="The first 60 steps of each descent")
    valley.legend()
