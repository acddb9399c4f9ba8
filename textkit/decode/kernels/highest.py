"""The highest scores of each row in one pass over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

_BLOCK = 64  # scores compared at once; nearly all blocks hold nothing that is high enough


@compiled
def _above(scores: npt.NDArray[np.float32], least: Any) -> Any:
    # How many, not whether any: a loop that may end early is not one the processor can do side by side.
    count = 0
    for i in range(len(scores)):
        count += scores[i] > least
    return count


@compiled
def highest_of_rows(
    scores: npt.NDArray[np.float32], values: npt.NDArray[np.float32], ids: npt.NDArray[np.int64]
) -> None:
    """Put the C highest of each row of `scores` (R, V) into `values` (R, C), their columns into `ids`.

    The highest first, of equal ones the lower column. Where a row has fewer above -inf, -inf and 0 follow;
    nan counts as -inf.
    """
    columns, last = scores.shape[1], values.shape[1] - 1
    for row in range(len(scores)):
        values[row, :] = -np.inf
        ids[row, :] = 0
        for begin in range(0, columns, _BLOCK):
            end = min(begin + _BLOCK, columns)
            if not _above(scores[row, begin:end], values[row, last]):
                continue
            for column in range(begin, end):
                value = scores[row, column]
                if value > values[row, last]:
                    place = last
                    while place > 0 and value > values[row, place - 1]:
                        values[row, place] = values[row, place - 1]
                        ids[row, place] = ids[row, place - 1]
                        place -= 1
                    values[row, place] = value
                    ids[row, place] = column
