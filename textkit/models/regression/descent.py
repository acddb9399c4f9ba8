"""Linear regression by gradient descent: on all rows at once, on one at a time, or on minibatches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from textkit.errors import TextkitError, UsageError
from textkit.models.regression.linear import Doubles, LinearModel, check_rows, gradient, squared_loss
from textkit.models.schedules import Schedule, constant


@dataclass(frozen=True, eq=False)
class Descent:
    """Where a descent came to, and the squared loss on all rows before it and after each epoch."""

    model: LinearModel
    losses: tuple[float, ...]


def descend(
    features: Doubles,
    targets: Doubles,
    *,
    rate: float,
    epochs: int,
    batch_size: int | None = None,
    seed: int = 0,
    schedule: Schedule = constant,
    watch: Callable[[LinearModel], None] | None = None,
) -> Descent:
    """Go from zero weights against the gradient of the squared loss: w <- w - rate * gradient.

    `batch_size` rows make the gradient of a step: None all of them (gradient descent), 1 a single one
    (stochastic gradient descent), otherwise a minibatch. Rows are shuffled anew each epoch by `seed`.
    `schedule` gives the factor of `rate` from the step: with a constant one a stochastic descent comes
    close and then wanders about, unless every row fits exactly (Robbins and Monro 1951, A stochastic
    approximation method). `watch` is shown the model after each step.

    Raises InputError as `least_squares`, UsageError for settings that make no sense, TextkitError when the
    loss does not stay finite: the rate is above `largest_rate`, or near it.

    >>> points, heights = np.array([[1.0], [2.0], [3.0]]), np.array([2.5, 4.5, 6.5])
    >>> found = descend(points, heights, rate=0.1, epochs=400, batch_size=1).model
    >>> found.weights.round(3).tolist(), round(found.bias, 3)
    ([2.0], 0.5)
    """
    check_rows(features, targets)
    if not 0 < rate < np.inf or epochs < 0 or (batch_size is not None and batch_size < 1):
        raise UsageError(
            "a descent needs a rate above 0, epochs of at least 0 and batches of at least 1, "
            f"not {rate}, {epochs} and {batch_size}"
        )
    count = len(targets)
    size = min(batch_size or count, count)
    generator = np.random.default_rng(seed)
    model = LinearModel(np.zeros(features.shape[1]), 0.0)
    losses = [squared_loss(model, features, targets)]
    step, total = 0, epochs * -(-count // size)
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(epochs):
            order = generator.permutation(count) if size < count else np.arange(count)
            for begin in range(0, count, size):
                rows = order[begin : begin + size]
                slope, shift = gradient(model, features[rows], targets[rows])
                now = rate * schedule(step, total)
                model, step = LinearModel(model.weights - now * slope, model.bias - now * shift), step + 1
                if watch is not None:
                    watch(model)
            losses.append(squared_loss(model, features, targets))
            if not np.isfinite(losses[-1]):
                raise TextkitError(
                    f"the loss grew without bound until epoch {epoch + 1}: take a rate below {rate:g}"
                )
    return Descent(model, tuple(losses))


def largest_rate(features: Doubles) -> float:
    """The rate from which gradient descent on all rows of (N, F) does not converge: 2 / l.

    l is the largest eigenvalue of the loss's second derivative, X'X/N with a column of ones in X: along its
    direction each step multiplies the distance to the optimum by 1 - rate * l (Boyd and Vandenberghe 2004,
    Convex optimization, 9.3).

    >>> round(largest_rate(np.array([[1.0], [2.0], [3.0]])), 4)
    0.3606
    """
    rows = np.column_stack([features, np.ones(len(features))])
    return float(2 * len(rows) / np.linalg.norm(rows, 2) ** 2)
