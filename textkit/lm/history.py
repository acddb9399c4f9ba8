"""What an n-gram model remembers of the words before: the state of decoding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class History:
    """The last words of R sequences, as rows of the model's tables.

    `rows` (R, n-1) int64: column k-1 is the row, among the n-grams of order k, of the last k words; -1
    when they were never seen. `lengths` (R,) int64: how many words there are, `<s>` included, at most n-1.
    """

    rows: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    @staticmethod
    def empty(count: int, *, order: int) -> History:
        """No word yet, not even `<s>`, for `count` sequences of a model of `order`.

        >>> History.empty(2, order=3).rows.tolist()
        [[-1, -1], [-1, -1]]
        """
        return History(np.full((count, order - 1), -1, dtype=np.int64), np.zeros(count, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.lengths)

    def select(self, rows: npt.NDArray[np.int64]) -> History:
        """The histories at `rows`, which may repeat and drop some."""
        return History(self.rows[rows], self.lengths[rows])
