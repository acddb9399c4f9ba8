"""Polynomials of one variable, as linear regression on its powers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.errors import UsageError
from textkit.models.regression.linear import Doubles, LinearModel
from textkit.models.regression.ridge import ridge


def powers(values: Doubles, degree: int) -> Doubles:
    """x, x^2, ... x^degree side by side, (N, degree), of values x (N,).

    Raises UsageError for a degree below 0.

    >>> powers(np.array([2.0, 3.0]), 3).tolist()
    [[2.0, 4.0, 8.0], [3.0, 9.0, 27.0]]
    """
    if degree < 0:
        raise UsageError(f"a polynomial's degree must be at least 0, not {degree}")
    raised: Doubles = values[:, None] ** np.arange(1, degree + 1)
    return raised


@dataclass(frozen=True, eq=False)
class Polynomial:
    """A linear model of the powers of (x - centre) / scale."""

    model: LinearModel
    centre: float
    scale: float

    def predictions(self, values: Doubles) -> Doubles:
        """(N,) of values (N,)."""
        scaled = (values - self.centre) / self.scale
        return self.model.predictions(powers(scaled, len(self.model.weights)))


def fit_polynomial(values: Doubles, targets: Doubles, *, degree: int, penalty: float = 0.0) -> Polynomial:
    """The polynomial of least squared error through (values, targets), both (N,); or of least `ridge` loss.

    The values are brought to -1 to 1 first. Without a penalty that changes nothing but the rounding: high
    powers of small or large numbers are hardly told apart. With one it makes the weights comparable.

    Raises InputError as `least_squares` and UsageError for a degree or a penalty below 0.

    >>> curve = fit_polynomial(np.arange(5.0), np.arange(5.0) ** 2 - 1, degree=2)
    >>> curve.predictions(np.array([10.0])).round(6).tolist()
    [99.0]
    """
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    centre, scale = (low + high) / 2, (high - low) / 2 or 1.0
    model = ridge(powers((values - centre) / scale, degree), targets, penalty=penalty)
    return Polynomial(model, centre, scale)
