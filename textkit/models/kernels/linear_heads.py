"""Rows of counts weighted and normalised, and their scores under linear heads that share one table."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Longs = npt.NDArray[np.int64]
Columns = npt.NDArray[np.uint32]
Values = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@compiled
def count_rows(offsets: Longs, columns: Columns, amounts: Doubles, rows: Longs, sums: Doubles) -> None:
    """Add `amounts[i]` to `sums` (W,) at each column of row i, for each i of `rows`."""
    for row in rows:
        amount = amounts[row]
        for at in range(offsets[row], offsets[row + 1]):
            sums[columns[at]] += amount


@compiled
def weigh_rows(
    offsets: Longs, columns: Columns, factors: Values, scale: Values, rows: Longs, out: Values
) -> None:
    """`out` (N,) gets `factors` * `scale[column]` for the entries of `rows`, each row of length one.

    Lengths are Euclidean. `factors` may have one entry, for all. A row of zeros stays one.
    """
    one = len(factors) == 1
    for row in rows:
        begin, end = offsets[row], offsets[row + 1]
        square = 0.0
        for at in range(begin, end):
            value = scale[columns[at]] * factors[0 if one else at]
            out[at] = value
            square += value * value
        if square > 0.0:
            shrink = np.float32(1.0 / math.sqrt(square))
            for at in range(begin, end):
                out[at] *= shrink


@compiled
def damp(counts: Values, out: Values) -> None:
    """1 + ln(count), (N,); nearly all counts are one."""
    for at in range(len(counts)):
        out[at] = 1.0 if counts[at] == 1.0 else 1.0 + math.log(counts[at])


@compiled
def score_rows(
    offsets: Longs, columns: Columns, counts: Values, rows: Longs, table: Values, sums: Doubles, out: Doubles
) -> None:
    """`out` (R, M): what the features of each of `rows` add up to in each of M machines, see TwoHeads.

    `table` (W, 3M+1) has, for each feature, M weights of the first head, M squares for its norms, M weights
    of the second head, and the square for its norm; `sums` (3M+1,) is scratch.
    """
    machines = out.shape[1]
    size, first = 3 * machines + 1, 2 * machines
    for place in range(len(rows)):
        row = rows[place]
        sums[:] = 0.0
        for at in range(offsets[row], offsets[row + 1]):
            column, count = columns[at], counts[at]
            factor = 1.0 if count == 1.0 else 1.0 + math.log(count)
            for i in range(first):
                sums[i] += table[column, i]
            for i in range(first, size - 1):
                sums[i] += factor * table[column, i]
            sums[size - 1] += factor * factor * table[column, size - 1]
        norm = math.sqrt(sums[size - 1])
        for i in range(machines):
            own = math.sqrt(sums[machines + i])
            score = 0.0
            if own > 0.0:
                score += sums[i] / own
            if norm > 0.0:
                score += sums[first + i] / norm
            out[place, i] = score / 2
