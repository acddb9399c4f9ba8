"""The lasso: least squares with a price on the sizes of the weights, which makes some of them zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textkit.errors import TextkitError, UsageError
from textkit.models.regression.linear import Centred, Doubles, LinearModel

TOLERANCE = 1e-10  # of the loss, in mean squares of the targets
_SWEEPS = 100_000


def soft_threshold(values: Doubles, penalty: float) -> Doubles:
    """Nearer to zero by `penalty`, and zero where that is nearer still: sign(z) max(|z| - penalty, 0).

    It is where 1/2 (w - z)^2 + penalty |w| is least (Donoho and Johnstone 1994, Ideal spatial adaptation).

    >>> soft_threshold(np.array([-3.0, 0.5, 2.0]), 1.0).tolist()
    [-2.0, 0.0, 1.0]
    """
    near: Doubles = np.copysign(np.maximum(np.abs(values) - penalty, 0), values) + 0.0
    return near


def lasso(features: Doubles, targets: Doubles, *, penalty: float) -> LinearModel:
    """The model of least 1/2N |Xw + b - y|^2 + penalty |w|_1; the bias b costs nothing.

    There is no closed form, but one for each weight with the others held: w_j is the soft threshold of
    x_j'r / N over x_j'x_j / N, where r is what the others leave of y. Going round until the loss is within
    TOLERANCE of its least is coordinate descent (Tibshirani 1996, Regression shrinkage and selection via
    the lasso; Friedman, Hastie and Tibshirani 2010). It keeps X'X, (F, F). In scikit-learn's terms alpha is
    the penalty.

    Raises InputError as `least_squares`, UsageError for a penalty not above 0 (that would be least
    squares), TextkitError when the weights do not settle.

    >>> lasso(np.array([[-1.0], [1.0]]), np.array([0.0, 4.0]), penalty=0.5).weights.round(6).tolist()
    [1.5]
    """
    return lasso_path(features, targets, penalties=[penalty])[0]


def lasso_path(features: Doubles, targets: Doubles, *, penalties: Sequence[float]) -> list[LinearModel]:
    """The models of several penalties: each starts from the weights of the last, which saves most sweeps.

    Give large penalties first.

    >>> path = lasso_path(np.array([[-1.0], [1.0]]), np.array([0.0, 4.0]), penalties=[3.0, 1.0])
    >>> [model.weights.round(6).tolist() for model in path]
    [[0.0], [1.0]]
    """
    from textkit.models.kernels.lasso import descend

    for penalty in penalties:
        if not 0 < penalty < np.inf:
            raise UsageError(
                f"a lasso's penalty must be a finite number above 0, not {penalty:g}; use least_squares for 0"
            )
    centred = Centred.of(features, targets)
    count = len(targets)
    gram = centred.features.T @ centred.features / count
    along = centred.features.T @ centred.targets / count
    square = float(centred.targets @ centred.targets) / count
    slopes, weights = along.copy(), np.zeros(len(gram))
    models = []
    for penalty in penalties:
        if descend(gram, along, slopes, weights, penalty, square, TOLERANCE, _SWEEPS) < 0:
            raise TextkitError(
                f"the lasso did not settle in {_SWEEPS:,} sweeps at penalty {penalty:g}: "
                "scale the features, or take a larger penalty"
            )
        models.append(centred.model(weights.copy()))
    return models


def largest_penalty(features: Doubles, targets: Doubles) -> float:
    """The penalty from which on all weights are zero: the largest |x_j'(y - mean(y))| / N.

    >>> largest_penalty(np.array([[-1.0], [1.0]]), np.array([0.0, 4.0]))
    2.0
    """
    centred = Centred.of(features, targets)
    return float(np.abs(centred.features.T @ centred.targets).max(initial=0.0)) / len(targets)
