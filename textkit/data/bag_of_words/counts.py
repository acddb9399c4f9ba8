"""Sparse counts, compressed by row: how often each text has each feature."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]


class Counts(NamedTuple):
    """Row b has `counts[i]` of the feature `columns[i]` for i from `offsets[b]` to `offsets[b+1]` - 1.

    `offsets` (B+1,); `columns` (N,), ascending within a row; `counts` (N,), whole numbers, exact to 2**24.
    `width` is the number of features.

    >>> counts = Counts(np.array([0, 2]), np.array([0, 3], np.int32), np.array([1, 2], np.float32), 4)
    >>> counts.csr().toarray()
    array([[1., 0., 0., 2.]], dtype=float32)
    """

    offsets: Longs
    columns: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float32]
    width: int

    def csr(self, values: npt.NDArray[Any] | None = None) -> Any:
        """A scipy.sparse.csr_matrix (B, width) of the counts, or of other `values` (N,); it shares memory."""
        from scipy.sparse import csr_matrix

        offsets = self.offsets
        if len(self.columns) <= np.iinfo(np.int32).max:
            offsets = offsets.astype(np.int32)  # scipy has one type for both, and would widen the columns
        shape = (len(offsets) - 1, self.width)
        matrix = csr_matrix((self.counts if values is None else values, self.columns, offsets), shape=shape)
        matrix.has_sorted_indices = matrix.has_canonical_format = True  # spares it a look
        return matrix


class Rows:
    """Rows being written: arrays that grow in place, by a quarter, and are cut to size in the end."""

    def __init__(self) -> None:
        self.columns = np.empty(0, np.int32)
        self.counts = np.empty(0, np.float32)
        self._ends = [np.zeros(1, np.int64)]
        self._size = 0

    def room(self, entries: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Where the next `entries` are to be written; good until the next call."""
        needed = self._size + entries
        if needed > len(self.columns):
            self._resize(max(needed, len(self.columns) * 5 // 4))
        return self.columns[self._size :], self.counts[self._size :]

    def close(self, ends: Longs) -> None:
        """Rows that end at `ends` (L,), counted from where `room` began, are written."""
        self._ends.append(ends + self._size)
        self._size = int(self._ends[-1][-1]) if len(ends) else self._size

    def offsets(self) -> Longs:
        """Where each row begins, and the last one ends."""
        return np.concatenate(self._ends)

    def finish(self, offsets: Longs, *, width: int) -> Counts:
        """The matrix; the rows are done with."""
        self._resize(int(offsets[-1]))
        return Counts(offsets, self.columns, self.counts, width)

    def _resize(self, size: int) -> None:
        for array in (self.columns, self.counts):
            array.resize(size, refcheck=False)  # by moving pages, not bytes, where they are many
