"""The part of a corpus that a language model finds likeliest, as filters of text quality keep it.

Wenzek et al. 2020, CCNet (LREC), section 3.5: documents by perplexity, into head, middle and tail.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError
from textkit.lm.line_scores import LineScores

Measure = Literal["perplexity", "bits"]
MEASURES: tuple[Measure, ...] = ("perplexity", "bits")


class Best(NamedTuple):
    """Which of n records are kept, (n,) bool, and the worst measure among them, nan of none."""

    keep: npt.NDArray[np.bool_]
    threshold: float


def measures(scores: LineScores, *, by: Measure) -> npt.NDArray[np.float32]:
    """The perplexity a token or the bits a byte of each record, (S,): less is likelier.

    A record without a single token has none (nan): its line end alone says nothing of a text.
    """
    values = scores.perplexity if by == "perplexity" else scores.bits_per_byte
    with np.errstate(over="ignore"):
        return np.where(scores.tokens > scores.lines, values, np.nan).astype(np.float32)


def best(values: npt.NDArray[np.float32], share: float) -> Best:
    """The `share` of records with the smallest `values` (n,): round(share * n), of equal ones the first.

    Records without a value (nan) do not count and are not kept.

    >>> best(np.array([3, 1, np.nan, 2, 1], np.float32), 0.25)
    Best(keep=array([False,  True, False, False, False]), threshold=1.0)
    """
    if not 0 <= share <= 1:
        raise UsageError(f"the share to keep runs from 0 to 1, not {share:g}")
    count = round(share * int((~np.isnan(values)).sum()))
    if not count:
        return Best(np.zeros(len(values), dtype=bool), math.nan)
    threshold = np.partition(values, count - 1)[count - 1]  # which puts nan last
    keep = values < threshold
    ties = np.flatnonzero(values == threshold)
    keep[ties[: count - int(keep.sum())]] = True
    return Best(keep, float(threshold))
