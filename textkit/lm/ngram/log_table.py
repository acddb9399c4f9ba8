"""A column of logarithms, one for each n-gram of an order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats32: TypeAlias = npt.NDArray[np.float32]

LN10 = float(np.log(10))
CENTRES = 256  # values that the codes of a quantised table can stand for


@dataclass(frozen=True, eq=False)
class LogTable:
    """Decimal logarithms, as ARPA files and KenLM keep them, so that nothing is rounded twice.

    `values` (rows,) holds them as float32, or as uint8 codes into `centres` (256,) float32.

    >>> LogTable(np.array([1, 0], dtype=np.uint8), np.array([-0.5, -1.5], dtype=np.float32)).all().tolist()
    [-1.5, -0.5]
    """

    values: npt.NDArray[Any]
    centres: Floats32 = field(default_factory=lambda: np.empty(0, dtype=np.float32))

    @staticmethod
    def of_natural(logs: npt.NDArray[np.float64]) -> LogTable:
        """From natural logarithms."""
        return LogTable((logs / LN10).astype(np.float32))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def quantised(self) -> bool:
        """Whether codes stand for the values."""
        return self.values.dtype == np.uint8

    def at(self, rows: npt.NDArray[Any]) -> Floats32:
        """The decimal logarithms of some rows."""
        values: Floats32 = self.centres[self.values[rows]] if self.quantised else self.values[rows]
        return values

    def all(self) -> Floats32:
        """Every decimal logarithm, (rows,)."""
        values: Floats32 = self.centres[self.values] if self.quantised else self.values
        return values

    def natural(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """The natural logarithms of some rows."""
        return self.at(rows).astype(np.float64) * LN10
