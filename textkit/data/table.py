"""A table of numbers with named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError, unknown_name

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """`columns` by name, each (N,) float64. Raises InputError when they differ in length.

    >>> table = Table({"age": np.array([3.0, 5.0]), "price": np.array([9.0, 7.0])})
    >>> len(table), table.matrix(["price", "age"]).tolist()
    (2, [[9.0, 3.0], [7.0, 5.0]])
    """

    columns: Mapping[str, Doubles]

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"columns must be of one length, not {lengths}")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> Doubles:
        """A column; raises UsageError, with the nearest name, for an unknown one."""
        if name not in self.columns:
            raise unknown_name("column", name, self.columns)
        return self.columns[name]

    def matrix(self, names: Sequence[str]) -> Doubles:
        """The columns of these names side by side, (N, F)."""
        return np.stack([self[name] for name in names], axis=1)

    def rows(self, which: slice | npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Table:
        """Some of the rows, as numpy's indexing has it.

        >>> Table({"age": np.array([3.0, 5.0])}).rows(slice(1, None))["age"].tolist()
        [5.0]
        """
        return Table({name: column[which] for name, column in self.columns.items()})
