"""Columns of different size make descent slow; scaled, the line stays the same; and how scaling leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from textkit.data.scaling import Normaliser, Standardiser
from textkit.data.table import Table
from textkit.errors import InputError
from textkit.models.regression.descent import descend, largest_rate
from textkit.models.regression.linear import Doubles, least_squares, mean_squared_error, squared_loss
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HELD_OUT = 0.2  # the share of rows, the last ones
STEPS = 5_000  # after which a descent is given up
CLOSE = 1.01  # times the least loss is near enough
DRAWS, SMALL = 4_000, 10  # small samples for the leak: how many, and rows for training, as many for the test
POPULATION = 500  # the samples are drawn from so many rows at most
LEAK = (1 - 1 / (2 * SMALL)) / (1 + 1 / (2 * SMALL))

CARD = Card(
    title="Feature scaling",
    title_zh="特征缩放",
    claim=(
        "Gradient descent needs steps in proportion to the condition number; standardising makes it small "
        "and leaves the best line where it was. A scaler fitted on the test rows too makes errors look small."
    ),
    facts=(
        Fact("condition number, raw / standardised", 1e4, ">="),
        Fact("steps to the least loss, standardised", 50, "<="),
        Fact("steps raw / standardised, at least", 100, ">="),
        Fact("held-out RMSE of least squares, raw - standardised", 0.0, tolerance=1e-6),
        Fact("squared error told / true, scaled on all rows", LEAK, tolerance=0.03),
        Fact("squared error told / true, scaled on training rows", 1.0, tolerance=0.04),
    ),
    source="Lee Hung-yi, Machine learning, on gradient descent; Boyd and Vandenberghe 2004, 9.3",
    seconds=1,
    data="table",
    corpus="prices",
    data_text="prices of 500 flats; of a table of your own, the last column is predicted from the others",
)


def run(study: Study) -> dict[str, float]:
    """The same line by descent on three scales, and small samples scaled with and without the test rows."""
    train = slice(None, round(len(study.table) * (1 - HELD_OUT)))
    features, targets = _features_and_targets(study.table, train)
    test = slice(train.stop, None)

    scaled = {
        "as they are": features,
        "min-max": Normaliser.fit(features[train]).transform(features),
        "standardised": Standardiser.fit(features[train]).transform(features),
    }
    losses = {
        scale: descend(
            matrix[train], targets[train], rate=largest_rate(matrix[train]) / 2, epochs=STEPS
        ).losses
        for scale, matrix in scaled.items()
    }
    best = least_squares(scaled["standardised"][train], targets[train])
    goal = CLOSE * squared_loss(best, scaled["standardised"][train], targets[train])
    steps = {scale: _first_below(course, goal) for scale, course in losses.items()}
    if not steps["standardised"]:
        last = list(study.table.columns)[-1]
        raise InputError(
            f"0 predicts the last column, '{last}', as well as the other columns do; "
            "give columns that say something of it"
        )
    conditions = {scale: _condition_number(matrix[train]) for scale, matrix in scaled.items()}
    for scale in scaled:
        more = ">= " if steps[scale] == STEPS else ""
        study.note(f"{scale}: condition number {conditions[scale]:,.1f}, {more}{steps[scale]:,} steps")

    errors = []
    for matrix in (features, scaled["standardised"]):
        line = least_squares(matrix[train], targets[train])
        errors.append(mean_squared_error(line.predictions(matrix[test]), targets[test]) ** 0.5)
    told = _told_over_true(targets, seed=study.seed)
    study.draw("feature-scaling", lambda figure: _paint(figure, losses, goal))
    return {
        "condition number, raw / standardised": conditions["as they are"] / conditions["standardised"],
        "steps to the least loss, standardised": steps["standardised"],
        "steps raw / standardised, at least": steps["as they are"] / steps["standardised"],
        "held-out RMSE of least squares, raw - standardised": errors[0] - errors[1],
        "squared error told / true, scaled on all rows": told[0],
        "squared error told / true, scaled on training rows": told[1],
    }


def _features_and_targets(table: Table, train: slice) -> tuple[Doubles, Doubles]:
    """All columns but the last, and the last; InputError for a table that nothing can be learnt from."""
    *names, target = table.columns
    if not names or len(table) < 3 * SMALL:
        raise InputError(
            f"the table has {len(table)} rows and {len(table.columns)} columns; give at least {3 * SMALL} "
            "rows, and a column beside the one to predict"
        )
    for name, column in table.columns.items():
        if np.ptp(column[train]) == 0:
            raise InputError(f"the column '{name}' is the same in all training rows; leave it out")
    return table.matrix(names), table[target]


def _condition_number(features: Doubles) -> float:
    """The largest eigenvalue of the loss's second derivative over the smallest: that of X, squared."""
    return float(np.linalg.cond(np.column_stack([features, np.ones(len(features))])) ** 2)


def _first_below(losses: Sequence[float], goal: float) -> int:
    """The steps until the loss is no more than `goal`; all there were when it never is."""
    return next((step for step, loss in enumerate(losses) if loss <= goal), len(losses) - 1)


def _told_over_true(targets: Doubles, *, seed: int) -> tuple[float, float]:
    """The error on the test rows over that on rows nobody has seen: scaled on all rows, and as one should.

    The model predicts 0 in scaled units, which is the scaler's mean: no more than the scaler knows. With n
    rows in it the test rows' squared error is s^2 (1 - 1/n) where they are among the n, and s^2 (1 + 1/n)
    where they are not, s^2 the variance of the targets.
    """
    generator = np.random.default_rng(seed)
    population = generator.permutation(targets)[:POPULATION]
    # Each draw is a column, which the scaler takes for one of its own.
    draws = generator.permuted(np.tile(population[:, None], DRAWS), axis=0)
    train, test, unseen = draws[:SMALL], draws[SMALL : 2 * SMALL], draws[2 * SMALL :]
    ratios = []
    for fitted in (draws[: 2 * SMALL], train):
        guesses = Standardiser.fit(fitted).inverse(np.zeros((1, DRAWS)))
        ratios.append(mean_squared_error(guesses, test) / mean_squared_error(guesses, unseen))
    return ratios[0], ratios[1]


def _paint(figure: Figure, losses: Mapping[str, Sequence[float]], goal: float) -> None:
    axes = figure.subplots()
    for scale, course in losses.items():
        axes.plot(range(1, len(course) + 1), course, label=scale)
    axes.axhline(goal / CLOSE, color="grey", linestyle=":", label="least squares")
    axes.set(xscale="log", yscale="log", xlabel="step + 1", ylabel="loss on the training rows")
    axes.set_title("Gradient descent with features on three scales")
    axes.legend()
