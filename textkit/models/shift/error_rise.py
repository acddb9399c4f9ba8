"""Concept shift shows in the errors on rows whose class is known, and in nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError

Flags = npt.NDArray[np.bool_]


def rise_test(before: Flags, now: Flags) -> float:
    """The p-value of errors being no more frequent `now` (M,) than `before` (N,): Fisher's exact test.

    Given how many errors there are in all, the probability of so many or more among the later rows, if all
    rows were alike. At most alpha with probability alpha where nothing rose.

    >>> round(rise_test(np.array([False] * 9 + [True]), np.array([True] * 5 + [False] * 5)), 3)
    0.07
    """
    from scipy.stats import hypergeom

    errors = int(before.sum() + now.sum())
    return float(hypergeom.sf(int(now.sum()) - 1, len(before) + len(now), errors, len(now)))


@dataclass(frozen=True)
class ErrorAlarm:
    """Watches a stream of errors for a rise from the share `usual` to `risen`.

    Each row adds ln(P(row | risen) / P(row | usual)) to a sum that never falls below zero; the alarm is
    raised where it reaches ln(`rows`) (the cumulative-sum test of Page 1954). Where nothing changes,
    alarms are at least `rows` rows apart on the mean (Lorden 1971). Raises UsageError unless
    0 < usual < risen < 1 and rows > 1.

    >>> ErrorAlarm(0.1, 0.4, rows=100).first(np.array([False, True, True, True, True, False]))
    4
    """

    usual: float
    risen: float
    rows: float

    def __post_init__(self) -> None:
        if not 0 < self.usual < self.risen < 1:
            raise UsageError(f"shares must be 0 < usual < risen < 1, not {self.usual:g} and {self.risen:g}")
        if self.rows <= 1:
            raise UsageError(f"rows between false alarms must be more than 1, not {self.rows:g}")

    def first(self, errors: Flags) -> int | None:
        """The index of the row of errors (T,) where the alarm is raised; None if it is not."""
        wrong, right = math.log(self.risen / self.usual), math.log((1 - self.risen) / (1 - self.usual))
        sums = np.cumsum(np.where(errors, wrong, right))
        lowest = np.minimum.accumulate(np.append(0.0, sums))[:-1]
        raised = np.flatnonzero(sums - lowest >= math.log(self.rows))
        return int(raised[0]) if len(raised) else None
