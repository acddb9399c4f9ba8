"""The lasso's weights, one after the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Doubles = npt.NDArray[np.float64]


@compiled
def descend(
    gram: Doubles,
    along: Doubles,
    slopes: Doubles,
    weights: Doubles,
    penalty: float,
    square: float,
    tolerance: float,
    sweeps: int,
) -> int:
    """Minimise 1/2N |Xw - y|^2 + penalty |w|_1 over `weights` (F,); gives back the sweeps it took, or -1.

    `gram` (F, F) is X'X/N, `along` (F,) is X'y/N, `square` is y'y/N; `slopes` (F,) is X'(y - Xw)/N and is
    kept so. It ends when the loss is within `tolerance` * `square` of its least, as the duality gap shows;
    -1 says that it never did.

    Friedman, Hastie and Tibshirani 2010, Regularization paths for generalized linear models via coordinate
    descent, section 2.2 (covariance updates). The gap: Kim et al. 2007, An interior-point method for
    large-scale l1-regularized least squares, section III.A.
    """
    for sweep in range(1, sweeps + 1):
        for j in range(len(weights)):
            if gram[j, j] <= 0.0:
                continue
            old = weights[j]
            free = slopes[j] + gram[j, j] * old
            size = max(abs(free) - penalty, 0.0)
            weights[j] = (size if free > 0.0 else -size) / gram[j, j]
            if weights[j] != old:
                change = weights[j] - old
                for k in range(len(weights)):
                    slopes[k] -= gram[j, k] * change
        fitted, paid, steepest, explained = 0.0, 0.0, 0.0, 0.0
        for j in range(len(weights)):
            explained += weights[j] * along[j]
            fitted += weights[j] * slopes[j]
            paid += abs(weights[j])
            steepest = max(steepest, abs(slopes[j]))
        left = square - explained - fitted  # |y - Xw|^2 / N
        shrunk = min(penalty / steepest, 1.0) if steepest > 0.0 else 1.0
        dual = shrunk * (square - explained) - 0.5 * shrunk * shrunk * left
        if 0.5 * left + penalty * paid - dual <= tolerance * square:
            return sweep
    return -1
