"""Columns brought to one scale, with figures taken from the training rows alone.

Fitted on all the rows, a scaler would carry what it saw of the test rows into training: fit it on the
training part, then transform both parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Affine:
    """(x - shift) / scale for each column; `shift` and `scale` are (F,)."""

    shift: Doubles
    scale: Doubles

    def transform(self, matrix: npt.ArrayLike) -> Doubles:
        """A matrix (N, F) on the new scale; raises InputError for another number of columns."""
        return (self._checked(matrix) - self.shift) / self.scale

    def inverse(self, matrix: npt.ArrayLike) -> Doubles:
        """A matrix (N, F) back on the scale it came from; raises InputError as `transform` does."""
        return self._checked(matrix) * self.scale + self.shift

    def _checked(self, matrix: npt.ArrayLike) -> Doubles:
        values = np.asarray(matrix, np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.shift):
            raise InputError(f"the scaler was fitted on {len(self.shift)} columns, not shape {values.shape}")
        return values


class Standardiser(_Affine):
    """Each column minus its mean, divided by its standard deviation (that of all rows: divided by N).

    A column that is constant is only shifted. The same figures as scikit-learn's StandardScaler.

    >>> scaler = Standardiser.fit([[1.0, 7.0], [3.0, 7.0]])
    >>> scaler.transform([[1.0, 7.0], [5.0, 8.0]]).tolist()
    [[-1.0, 0.0], [3.0, 1.0]]
    >>> scaler.inverse([[3.0, 1.0]]).tolist()
    [[5.0, 8.0]]
    """

    @classmethod
    def fit(cls, matrix: npt.ArrayLike) -> Standardiser:
        """The mean and deviation of each column of (N, F).

        Raises InputError when there are no rows, or values that are not finite.
        """
        values = _finite(matrix)
        return cls(values.mean(axis=0), _unless_constant(values, values.std(axis=0)))


class Normaliser(_Affine):
    """Each column so that its least value in the training rows becomes 0, its greatest 1 (min-max).

    Other rows may fall outside. A column that is constant is only shifted. The same figures as
    scikit-learn's MinMaxScaler.

    >>> scaler = Normaliser.fit([[10.0], [20.0]])
    >>> scaler.transform([[15.0], [30.0]]).tolist()
    [[0.5], [2.0]]
    """

    @classmethod
    def fit(cls, matrix: npt.ArrayLike) -> Normaliser:
        """The least value and the range of each column of (N, F).

        Raises InputError when there are no rows, or values that are not finite.
        """
        values = _finite(matrix)
        return cls(values.min(axis=0), _unless_constant(values, np.ptp(values, axis=0)))


def _finite(matrix: npt.ArrayLike) -> Doubles:
    values = np.asarray(matrix, np.float64)
    if values.ndim != 2 or not len(values):
        raise InputError(f"a scaler is fitted on a matrix with rows, not on shape {values.shape}")
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise InputError(f"row {row}, column {column} is {values[row, column]}; give finite numbers only")
    return values


def _unless_constant(values: Doubles, scale: Doubles) -> Doubles:
    """`scale`, with 1 for columns that are constant, of which rounding may leave a little."""
    return np.where(np.ptp(values, axis=0) == 0, 1.0, scale)
