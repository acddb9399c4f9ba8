"""What a sparse matrix of counts looks like to the models, whoever made it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]


class Rows(Protocol):
    """B rows of counts: row b has `counts[i]` of feature `columns[i]`, for offsets[b] <= i < offsets[b+1].

    Columns are from 0 to `width` - 1, counts 1 or more.
    """

    @property
    def offsets(self) -> Longs:
        """Where rows begin and end, (B+1,)."""
        ...

    @property
    def columns(self) -> npt.NDArray[np.int32]:
        """Features, (N,)."""
        ...

    @property
    def counts(self) -> Values:
        """How often, (N,)."""
        ...

    @property
    def width(self) -> int:
        """The number of features, W."""
        ...


def unsigned(columns: npt.NDArray[np.int32]) -> npt.NDArray[np.uint32]:
    """The same memory: compiled code then need not ask whether a column counts from the end."""
    return columns.view(np.uint32)


def numbered(size: int | Longs) -> Longs:
    """Row numbers: all of so many rows, or those given."""
    rows: Any = np.arange(size, dtype=np.int64) if isinstance(size, int) else size
    return np.ascontiguousarray(rows, np.int64)
