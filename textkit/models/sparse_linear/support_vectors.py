"""A linear support-vector machine with squared hinge loss, solved in the dual."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.models.sparse_linear.rows import Doubles, Longs, Values

TOLERANCE = 0.1  # of projected gradients: the objective is then within about 1e-5 of the least
_MOST_EPOCHS = 1000


class SupportVectors(NamedTuple):
    """`weights` (W,) and `bias` of the decision, and the multiplier of each row, `alphas` (B,)."""

    weights: Doubles
    bias: float
    alphas: Doubles
    epochs: int


def fit_support_vectors(
    offsets: Longs,
    columns: npt.NDArray[np.uint32],
    *,
    values: Values,
    width: int,
    signs: Doubles,
    costs: Doubles,
    rows: Longs,
    seed: int,
    start: Doubles | None = None,
    tolerance: float = TOLERANCE,
) -> SupportVectors:
    """Minimise 1/2 |w|^2 + 1/2 b^2 + sum of costs * max(0, 1 - signs * (rows w + b))^2 over w (W,) and b.

    Row i has `values` in `columns` from `offsets[i]` to `offsets[i+1]` - 1. `signs` (B,) are -1 or 1,
    `costs` (B,) positive; only `rows` are learnt from, and `start` (B,) are multipliers to begin with. Hsieh
    et al. 2008; the bias is learnt as the weight of a feature that every row has, as in liblinear.

    >>> fit = fit_support_vectors(
    ...     np.array([0, 1, 2]), np.array([0, 1], np.uint32), values=np.ones(2, np.float32), width=2,
    ...     signs=np.array([1.0, -1.0]), costs=np.full(2, 0.5), rows=np.arange(2), seed=0, tolerance=1e-9,
    ... )
    >>> fit.weights.round(4).tolist(), abs(round(fit.bias, 4))
    ([0.5, -0.5], 0.0)
    """
    from textkit.models.kernels.coordinate_descent import add_rows, add_squares, descend

    ridges = np.zeros(len(signs))
    ridges[rows] = 0.5 / costs[rows]
    squares = ridges.copy()
    add_squares(offsets, values, rows, squares)
    weights, alphas = np.zeros(width + 1), np.zeros(len(signs))
    if start is not None:
        alphas[rows] = start[rows]
        add_rows(offsets, columns, values, alphas * signs, rows, weights)
    state = np.uint64(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] | np.uint64(1))
    epochs = descend(
        offsets, columns, values, signs, ridges, squares, rows.copy(), weights, alphas, tolerance,
        _MOST_EPOCHS, state,
    )  # fmt: skip
    return SupportVectors(weights[:-1], float(weights[-1]), alphas, epochs)
