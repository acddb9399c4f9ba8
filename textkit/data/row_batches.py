"""Minibatches of the rows of any table: which rows, not what stands in them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.data.windows import Sampler
from textkit.errors import InputError, UsageError


class RowBatch(NamedTuple):
    """`rows` (B,) int64: indices into a table. `scale` multiplies the learning rate of this batch."""

    rows: npt.NDArray[np.int64]
    scale: float = 1.0

    @property
    def predictions(self) -> int:
        """B."""
        return len(self.rows)

    def split(self, parts: int, /) -> list[RowBatch]:
        """The rows dealt into `parts` batches; fewer when there are fewer rows.

        >>> [part.rows.tolist() for part in RowBatch(np.array([4, 2, 0])).split(2)]
        [[4, 0], [2]]
        """
        return [self.part(index, parts) for index in range(min(parts, len(self.rows)))]

    def part(self, index: int, parts: int, /) -> RowBatch:
        """Part `index` of `parts`: every so-manieth row, none where they are too few."""
        return RowBatch(self.rows[index::parts], self.scale)


class RowBatches(Sampler[RowBatch]):
    """Every one of `count` rows once an epoch, `batch_size` in a batch; all of them in one where it is None.

    Rows are shuffled anew for each epoch, except where one batch has them all. Raises InputError when there
    are no rows.

    >>> [batch.rows.tolist() for batch in RowBatches(5, batch_size=2, seed=1)]
    [[4, 0], [1, 2], [3]]
    >>> [batch.rows.tolist() for batch in RowBatches(3)]
    [[0, 1, 2]]
    """

    def __init__(self, count: int, *, batch_size: int | None = None, seed: int = 0) -> None:
        if count < 1:
            raise InputError("there are no rows to learn from; give at least one")
        if batch_size is not None and batch_size < 1:
            raise UsageError(f"batch size must be at least 1, not {batch_size}")
        self.count, self.batch_size = count, min(batch_size or count, count)
        self._seek(seed, epoch=0, position=0)

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def steps(self, epochs: int, most: int | None = None) -> int:
        """Batches in the first `epochs` epochs together, or `most` where there are more."""
        total = epochs * len(self)
        return total if most is None else min(total, most)

    def _plan(self, generator: np.random.Generator) -> None:
        whole = self.batch_size == self.count
        self._order = np.arange(self.count) if whole else generator.permutation(self.count)

    def _batch(self, index: int) -> RowBatch:
        return RowBatch(self._order[index * self.batch_size : (index + 1) * self.batch_size])
