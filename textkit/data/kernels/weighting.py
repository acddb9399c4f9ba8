"""Counts turned into weights, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Doubles = npt.NDArray[np.float64]


@compiled
def weigh_rows(
    offsets: npt.NDArray[np.int64], columns: npt.NDArray[np.int32], counts: npt.NDArray[np.float32],
    transfer: Doubles, relative: bool, factors: Doubles, power: int, row: Doubles,
    out: npt.NDArray[np.floating[Any]],
) -> None:  # fmt: skip
    """The weight of each count in `out` (N,).

    `transfer[count]` in place of a count, unless it is empty; divided by the row's sum where it is
    `relative`; times the column's one of `factors` (W,), unless they are empty; divided by the row's norm
    of that `power`, 0 for none. `row` is room for the longest row.
    """
    for line in range(offsets.size - 1):
        begin, end = offsets[line], offsets[line + 1]
        total = 0.0
        for i in range(begin, end):
            value = np.float64(counts[i])
            if transfer.size > 0:
                value = transfer[np.int64(value)]
            row[i - begin] = value
            total += value
        norm = 0.0
        for i in range(begin, end):
            value = row[i - begin]
            if relative:
                value /= total
            if factors.size > 0:
                value *= factors[columns[i]]
            row[i - begin] = value
            norm += value * value if power == 2 else abs(value)
        if power == 2:
            norm = np.sqrt(norm)
        if power == 0 or norm == 0.0:
            norm = 1.0
        for i in range(begin, end):
            out[i] = row[i - begin] / norm
