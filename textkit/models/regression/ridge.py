"""Ridge regression: least squares with a price on the squares of the weights, in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textkit.errors import UsageError
from textkit.models.regression.linear import Centred, Doubles, LinearModel


def ridge(features: Doubles, targets: Doubles, *, penalty: float) -> LinearModel:
    """The model of least 1/2N |Xw + b - y|^2 + penalty/2 |w|^2; the bias b costs nothing.

    Its gradient is zero at w = (X'X + N penalty I)^-1 X'y, with X and y centred (Hoerl and Kennard 1970,
    Ridge regression). With X = U diag(s) V' that is V diag(s / (s^2 + N penalty)) U'y: directions in which
    the features hardly vary, small s, shrink most (The elements of statistical learning, 3.47). A penalty
    of 0 is least squares. In scikit-learn's terms alpha is N * penalty.

    Raises InputError as `least_squares`, UsageError for a penalty below 0.

    >>> ridge(np.array([[-1.0], [1.0]]), np.array([0.0, 4.0]), penalty=1.0).weights.round(6)
    array([1.])
    """
    return ridge_path(features, targets, penalties=[penalty])[0]


def ridge_path(features: Doubles, targets: Doubles, *, penalties: Sequence[float]) -> list[LinearModel]:
    """The models of several penalties from one decomposition.

    >>> path = ridge_path(np.array([[-1.0], [1.0]]), np.array([0.0, 4.0]), penalties=[0.0, 1.0, 3.0])
    >>> [model.weights.round(6).tolist() for model in path]
    [[2.0], [1.0], [0.5]]
    """
    for penalty in penalties:
        if not 0 <= penalty < np.inf:
            raise UsageError(f"a penalty must be a finite number of at least 0, not {penalty:g}")
    centred = Centred.of(features, targets)
    left, singular, right = _decomposed(centred.features)
    along = left.T @ centred.targets
    strengths = [len(targets) * penalty for penalty in penalties]
    return [centred.model(right.T @ (along * singular / (singular**2 + each))) for each in strengths]


def degrees_of_freedom(features: Doubles, penalty: float) -> float:
    """How many free weights a ridge regression has in effect, the bias apart: sum s^2 / (s^2 + N penalty).

    It falls from the rank of the features, (N, F), without a penalty to 0 (The elements of statistical
    learning, 3.50).

    >>> round(degrees_of_freedom(np.array([[-1.0], [1.0]]), 1.0), 6)
    0.5
    """
    _, singular, _ = _decomposed(features - features.mean(0))
    return float(np.sum(singular**2 / (singular**2 + len(features) * penalty)))


def _decomposed(features: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """U (N, R), s (R,) and V' (R, F) of the features, without the directions in which they do not vary."""
    left, singular, right = np.linalg.svd(features, full_matrices=False)
    varied = singular > np.finfo(np.float64).eps * max(features.shape) * singular.max(initial=0.0)
    return left[:, varied], singular[varied], right[varied]
