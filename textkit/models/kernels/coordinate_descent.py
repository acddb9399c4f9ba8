"""The dual of a linear support-vector machine with squared hinge loss, one multiplier after the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Longs = npt.NDArray[np.int64]
Columns = npt.NDArray[np.uint32]
Values = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_LEAST = 1e-12  # a projected gradient that counts as zero
_7, _13, _17, _32 = (np.uint64(i) for i in (7, 13, 17, 32))


@compiled
def _shuffle(order: Longs, active: int, state: np.uint64) -> np.uint64:
    """The first `active` of `order` in random order; gives back the generator's next state (xorshift)."""
    for i in range(active - 1, 0, -1):
        state ^= state << _13
        state ^= state >> _7
        state ^= state << _17
        j = np.int64((state >> _32) * np.uint64(i + 1) >> _32)
        order[i], order[j] = order[j], order[i]
    return state


@compiled
def _product(columns: Columns, values: Values, begin: int, end: int, weights: Doubles) -> float:
    """A row times the weights, in four sums side by side: in one each addition would wait for the last."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    at = begin
    while at + 4 <= end:
        a += weights[columns[at]] * values[at]
        b += weights[columns[at + 1]] * values[at + 1]
        c += weights[columns[at + 2]] * values[at + 2]
        d += weights[columns[at + 3]] * values[at + 3]
        at += 4
    while at < end:
        a += weights[columns[at]] * values[at]
        at += 1
    return a + b + c + d


@compiled
def _add_row(columns: Columns, values: Values, begin: int, end: int, amount: float, weights: Doubles) -> None:
    """Add `amount` times a row, and its column of ones, to the weights."""
    for at in range(begin, end):
        weights[columns[at]] += amount * values[at]
    weights[len(weights) - 1] += amount


@compiled
def descend(
    offsets: Longs,
    columns: Columns,
    values: Values,
    signs: Doubles,
    ridges: Doubles,
    squares: Doubles,
    order: Longs,
    weights: Doubles,
    alphas: Doubles,
    tolerance: float,
    epochs: int,
    state: np.uint64,
) -> int:
    """Minimise 1/2 a'Qa + 1/2 sum(ridges a^2) - sum(a) over a >= 0; gives back the epochs it took.

    Row i has `values` in `columns` from `offsets[i]` on, and one more column, of ones: the last of
    `weights` (W+1,). Q[i,j] is `signs[i]` `signs[j]` times the product of rows i and j; `squares` is the
    diagonal of what is minimised. The rows `order`, which is shuffled, are trained on. `alphas` (B,) and
    `weights`, the sum of alphas * signs * rows, are where it starts and ends. It ends when the projected
    gradients lie within `tolerance` of each other.

    Hsieh et al. 2008, A dual coordinate descent method for large-scale linear SVM, algorithm 3: rows whose
    multiplier stays zero are set aside, and looked at once more before the end.
    """
    active, top, last = len(order), np.inf, len(weights) - 1
    for epoch in range(epochs):
        high, low = -np.inf, np.inf
        state = _shuffle(order, active, state)
        place = 0
        while place < active:
            row = order[place]
            begin, end, old = offsets[row], offsets[row + 1], alphas[row]
            decision = _product(columns, values, begin, end, weights) + weights[last]
            gradient = decision * signs[row] - 1.0 + old * ridges[row]
            projected = gradient
            if old == 0.0:
                if gradient > top:
                    active -= 1
                    order[place], order[active] = order[active], row
                    continue
                projected = min(gradient, 0.0)
            high, low = max(high, projected), min(low, projected)
            if abs(projected) > _LEAST:
                alphas[row] = max(old - gradient / squares[row], 0.0)
                _add_row(columns, values, begin, end, (alphas[row] - old) * signs[row], weights)
            place += 1
        if high - low > tolerance:
            top = high if high > 0 else np.inf
        elif active == len(order):
            return epoch + 1
        else:
            active, top = len(order), np.inf
    return epochs


@compiled
def add_squares(offsets: Longs, values: Values, rows: Longs, sums: Doubles) -> None:
    """Add the squared length of row i, its column of ones included, to `sums[i]`, for each i of `rows`."""
    for row in rows:
        square = 1.0
        for at in range(offsets[row], offsets[row + 1]):
            square += values[at] * values[at]
        sums[row] += square


@compiled
def add_rows(
    offsets: Longs, columns: Columns, values: Values, amounts: Doubles, rows: Longs, weights: Doubles
) -> None:
    """Add `amounts[i]` times row i to `weights` (W+1,), for each i of `rows`; the last column is of ones."""
    for row in rows:
        if amounts[row] != 0.0:
            _add_row(columns, values, offsets[row], offsets[row + 1], amounts[row], weights)
