"""Which features are worth a column: by how many texts have them, and how many columns there may be."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Limits:
    """Features of at least `min_df` texts and at most `max_df`, of these the `max_features` most frequent.

    Whole numbers count texts, fractions are shares of them; as in scikit-learn. Raises UsageError for
    others.

    >>> frequency, totals = np.array([1, 2, 4, 3]), np.array([1, 9, 4, 5])
    >>> Limits(min_df=2, max_df=0.75)(frequency, totals, 4).tolist()
    [False, True, False, True]
    >>> Limits(max_features=2)(frequency, totals, 4).tolist()
    [False, True, False, True]
    """

    min_df: int | float = 1
    max_df: int | float = 1.0
    max_features: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("min_df", self.min_df), ("max_df", self.max_df)):
            whole = isinstance(value, Integral) and not isinstance(value, bool) and value >= 1
            share = not isinstance(value, Integral) and isinstance(value, Real) and 0 <= value <= 1
            if not (whole or share):
                raise UsageError(
                    f"{name} must be a number of texts, 1 or more, or a share from 0.0 to 1.0, not {value!r}"
                )
        most = self.max_features
        if most is not None and (not isinstance(most, Integral) or isinstance(most, bool) or most < 1):
            raise UsageError(f"max_features must be a whole number, 1 or more, or None, not {most!r}")

    @property
    def given(self) -> bool:
        """Whether anything may be left out."""
        return self != Limits()

    def __call__(self, frequency: Longs, totals: Longs, documents: int) -> npt.NDArray[np.bool_]:
        """Which features are kept, (W,): each in `frequency` of `documents` texts, `totals` times in all."""
        most = self.max_df if isinstance(self.max_df, Integral) else self.max_df * documents
        least = self.min_df if isinstance(self.min_df, Integral) else self.min_df * documents
        if most < least and documents:
            raise UsageError(
                f"max_df={self.max_df!r} allows fewer texts than min_df={self.min_df!r} asks for, of "
                f"{documents:,} texts; lower min_df or raise max_df"
            )
        kept: npt.NDArray[np.bool_] = (frequency <= most) & (frequency >= least)
        if self.max_features is not None and kept.sum() > self.max_features:
            # The sort is scikit-learn's, so that of equally frequent ones the same are kept.
            best = np.flatnonzero(kept)[(-totals[kept]).argsort()[: self.max_features]]
            kept = np.zeros(len(kept), np.bool_)
            kept[best] = True
        return kept
