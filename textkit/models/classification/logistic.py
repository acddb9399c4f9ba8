"""Logistic regression: the probability of one of two classes. B rows, F features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.errors import InputError, UsageError
from textkit.models.sparse_linear.rows import Doubles, Longs

_STEPS, _HALVINGS, _ENOUGH, _STRIDE = 100, 40, 1e-13, 0.1


def sigmoid(scores: Doubles) -> Doubles:
    """1 / (1 + exp(-scores)), elementwise; never overflows.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    small = np.exp(-np.abs(scores))
    likely: Doubles = np.where(scores >= 0, 1.0, small) / (1 + small)
    return likely


def binary_cross_entropy(scores: Doubles, classes: Longs) -> Doubles:
    """-ln of the probability of each row's class, 0 or 1, from scores (B,): (B,).

    It is ln(1 + exp(-score)) for class 1 and ln(1 + exp(score)) for class 0: taken from the score, since
    the logarithm of a probability that was rounded to 0 would be infinite.

    >>> binary_cross_entropy(np.array([0.0, 1000.0]), np.array([1, 0])).round(3).tolist()
    [0.693, 1000.0]
    """
    losses: Doubles = np.logaddexp(0.0, np.where(classes == 1, -scores, scores))
    return losses


@dataclass(frozen=True, eq=False)
class Logistic:
    """P(class 1 | x) = sigmoid(x w + b), with `weights` w (F,) and `bias` b.

    >>> Logistic(np.array([2.0]), -1.0).probabilities(np.array([[0.5], [1.0]])).round(3).tolist()
    [0.5, 0.731]
    """

    weights: Doubles
    bias: float

    def scores(self, features: Doubles) -> Doubles:
        """x w + b of features (B, F): the log odds, (B,)."""
        scores: Doubles = features @ self.weights + self.bias
        return scores

    def probabilities(self, features: Doubles) -> Doubles:
        """P(class 1 | x), (B,)."""
        return sigmoid(self.scores(features))

    def classes(self, features: Doubles) -> Longs:
        """The likelier class, (B,)."""
        return (self.scores(features) > 0).astype(np.int64)

    def gradient(self, features: Doubles, classes: Longs, *, shares: Doubles | None = None) -> Doubles:
        """The gradient of the mean binary cross-entropy at w and b, (F+1,): mean of (p - y) (x, 1).

        `shares` (B,), of sum one, weigh the rows; all alike if not given. Bishop 2006, equation 4.91.
        """
        shares = np.full(len(features), 1 / len(features)) if shares is None else shares
        errors = shares * (self.probabilities(features) - classes)
        return np.append(errors @ features, errors.sum())


def fit_logistic(
    features: Doubles, classes: Longs, *, penalty: float = 0.0, weights: Doubles | None = None
) -> Logistic:
    """The minimum over w and b of the mean binary cross-entropy + penalty/2 |w|^2, by Newton's method.

    `features` (B, F), `classes` (B,) 0 or 1; rows count `weights` (B,) if given. A step solves
    H d = g with H = mean of p (1 - p) (x, 1)(x, 1)' + penalty, which is a weighted least-squares problem
    (IRLS; Bishop 2006, section 4.3.3), and is halved while it goes uphill.

    Raises UsageError for a negative penalty; InputError for features or weights that make no sense, where
    there are not two classes, or without a penalty where a plane parts them: then the likelihood grows for
    ever with the weights.

    >>> model = fit_logistic(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 1, 0, 1]))
    >>> model.classes(np.array([[0.5], [2.5]])).tolist()
    [0, 1]
    """
    _check(features, classes, penalty=penalty, weights=weights)
    weights = np.ones(len(features)) if weights is None else weights
    shares = weights / weights.sum()
    rows = np.column_stack([features, np.ones(len(features))])
    ridge = np.append(np.full(features.shape[1], penalty), 0.0)  # the bias is free
    signs = np.where(classes == 1, 1.0, -1.0)

    def objective(point: Doubles) -> float:
        losses = binary_cross_entropy(rows @ point, classes)
        return float(shares @ losses + 0.5 * (ridge * point) @ point)

    point = np.zeros(rows.shape[1])
    loss = objective(point)
    for _ in range(_STEPS):
        scores = rows @ point
        if penalty == 0 and (signs * scores).min() > 0:
            break
        model, likely = Logistic(point[:-1], float(point[-1])), sigmoid(scores)
        gradient = model.gradient(features, classes, shares=shares) + ridge * point
        curvature = (rows.T * (shares * likely * (1 - likely))) @ rows + np.diag(ridge)
        size = np.sqrt(np.diag(curvature)) + np.finfo(np.float64).tiny  # columns may be of any size,
        scaled = curvature / size / size[:, None]
        step = np.linalg.lstsq(scaled, gradient / size, rcond=None)[0] / size  # and depend on each other
        gain = float(gradient @ step)
        if gain <= _ENOUGH:
            if penalty == 0 and np.abs(rows @ step).max() > _STRIDE:
                break  # steps stay as long as they were: some rows are on the plane, which parts the others
            return model
        for _ in range(_HALVINGS):
            tried = point - step
            there = objective(tried)
            if there <= loss - 1e-4 * gain or gain <= 1e-9:  # so near the end rounding hides the descent
                break
            step, gain = step / 2, gain / 2
        point, loss = tried, there
    raise InputError("a plane parts the two classes, so no finite weights are the best: give a penalty")


def _check(features: Doubles, classes: Longs, *, penalty: float, weights: Doubles | None) -> None:
    if penalty < 0:
        raise UsageError(f"penalty must not be negative, not {penalty:g}")
    if not np.isfinite(features).all():
        raise InputError("features must be finite numbers: fill in or leave out what is missing")
    if weights is not None and not (np.isfinite(weights).all() and weights.min() >= 0 < weights.max()):
        raise InputError("weights of rows must be finite, none negative and not all zero")
    if set(np.unique(classes).tolist()) != {0, 1}:
        raise InputError("logistic regression needs rows of both classes, 0 and 1, and of no other")
