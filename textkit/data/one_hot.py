"""Categories as columns of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OneHot:
    """One column for each category of each column, 1 where the row is of it; each row of a column sums to 1.

    `categories` are, for each column, its values in the training rows, in ascending order. A value that was
    not among them is an error, or no category at all ("zeros"): the row then sums to 0 in that column.

    >>> seasons = OneHot.fit([[1], [4], [2]], unknown="zeros")
    >>> seasons.transform([[4], [3]]).tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """

    categories: tuple[Doubles, ...]
    unknown: Literal["error", "zeros"] = "error"

    @classmethod
    def fit(cls, matrix: npt.ArrayLike, *, unknown: Literal["error", "zeros"] = "error") -> OneHot:
        """The categories of each column of (N, F). Raises InputError when there are no rows."""
        values = np.asarray(matrix, np.float64)
        if values.ndim != 2 or not len(values):
            raise InputError(f"categories are taken from a matrix with rows, not from shape {values.shape}")
        return cls(tuple(np.unique(column) for column in values.T), unknown)

    def transform(self, matrix: npt.ArrayLike) -> Doubles:
        """A matrix (N, F) as (N, K), K the number of categories of all columns together.

        Raises InputError for another number of columns, and for an unknown category where that is an error.
        """
        values = np.asarray(matrix, np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.categories):
            raise InputError(
                f"the categories are of {len(self.categories)} columns, not shape {values.shape}"
            )
        parts = [column[:, None] == known for column, known in zip(values.T, self.categories, strict=True)]
        if self.unknown == "error":
            self._check(values, parts)
        return np.concatenate(parts, axis=1).astype(np.float64)

    def names(self, columns: Sequence[str]) -> list[str]:
        """What the columns of the result are called, given the names of the F columns.

        >>> OneHot.fit([[1], [4]]).names(["season"])
        ['season=1', 'season=4']
        """
        pairs = zip(columns, self.categories, strict=True)
        return [f"{column}={value:g}" for column, known in pairs for value in known]

    def _check(self, values: Doubles, parts: Sequence[npt.NDArray[np.bool_]]) -> None:
        for index, (part, known) in enumerate(zip(parts, self.categories, strict=True)):
            missing = ~part.any(axis=1)
            if missing.any():
                row = int(missing.argmax())
                raise InputError(
                    f"row {row}, column {index}: {values[row, index]:g} is not one of the categories "
                    f"{known.tolist()}; fit on rows that have it, or pass unknown='zeros'"
                )
