"""Good-Turing: what was seen r times is likelier to be seen r* times, and what was never seen has n(1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.lm.counts import NgramCounts
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.ngram.model import Floats, Miss, NgramModel
from textkit.lm.smoothing.columns import log_table, of_history
from textkit.lm.smoothing.recipe import recipe
from textkit.lm.stream import Ints
from textkit.text.vocab import Vocab

_DENSE = 1 << 16  # counts below are tallied, those above sorted
_FALLBACK = 0.5  # taken from each count where adjusted counts cannot be estimated
_SURE = 1.96  # standard deviations by which Turing's estimate must differ from the line to be kept


@dataclass(frozen=True)
class GoodTuring:
    """p(w | h) = c*(h w) / (sum over v of c*(h v)), h the longest history there is; uniform if h is new.

    c* are the adjusted counts of the n-grams of one order (`adjusted_counts`). The n-grams never seen that
    continue a history that was, H V less those seen for H histories, share n(1) equally. This is the
    joint Good-Turing estimate of the n-grams made conditional: proper after every history. Shorter
    histories are not asked, as in add-k; Katz's back-off is the method that does. Good 1953; Gale and
    Sampson, Good-Turing Frequency Estimation Without Tears, 1995; Church and Gale 1991.
    """

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The model of adjusted counts; its notes say where they had to be replaced."""
        log_prob: list[LogTable] = []
        log_backoff: list[LogTable] = []
        notes = []
        for order, raw in enumerate(counts.raw, 1):
            r, n = distinct_counts(raw)
            stars, unseen, note = adjusted_counts(r, n, order=order)
            notes += [note] if note else []
            seen = raw > 0
            continued = counts.trie.sum_by_prefix(order, seen)
            never = np.count_nonzero(continued) * len(vocab) - int(n.sum())  # n-grams that could have been
            each = unseen / never if never else 0.0
            values = np.concatenate([[0.0], stars])[np.searchsorted(r, raw) + seen]
            totals = counts.trie.sum_by_prefix(order, values) + each * (len(vocab) - continued)
            values[~seen] = each
            values /= of_history(counts.trie, order, np.where(continued > 0, totals, 1.0))
            if order == 1:
                values[-1] = 1.0  # <s> is certain where it stands, and never asked for
            else:
                new = np.full_like(totals, 1 / len(vocab))
                log_backoff.append(log_table(np.divide(each, totals, out=new, where=continued > 0)))
            log_prob.append(log_table(values))
        miss = Miss(shorter=False, unseen=-float(np.log(len(vocab))))
        return NgramModel(
            vocab, counts.trie, tuple(log_prob), tuple(log_backoff), recipe(self), miss, tuple(notes)
        )


def distinct_counts(counts: Ints) -> tuple[Ints, Ints]:
    """The distinct counts above 0, ascending, and how many n-grams have each.

    >>> [column.tolist() for column in distinct_counts(np.array([1, 7, 0, 1, 100_000]))]
    [[1, 7, 100000], [2, 1, 1]]
    """
    few = np.bincount(counts[counts < _DENSE])
    few[:1] = 0
    many, numbers = np.unique(counts[counts >= _DENSE], return_counts=True)
    r = np.flatnonzero(few)
    return np.concatenate([r, many]), np.concatenate([few[r], numbers])


def adjusted_counts(r: Ints, n: Ints, *, order: int) -> tuple[Floats, float, str | None]:
    """r* of each distinct count `r`, ascending, of which there are `n`; the count of all that was unseen.

    Turing's r* = (r+1) n(r+1) / n(r) for small r, until it no longer differs from r (1 + 1/r)^(b+1) by
    1.96 standard deviations; from there on the latter, b being the slope of log Z on log r, where
    Z(r) = 2 n(r) / (next r - previous r) spreads n over the counts that no n-gram has. Scaled so that
    seen n-grams together keep all but n(1). Where that cannot be estimated, r - 0.5, with a note. Gale
    and Sampson 1995.

    >>> stars, unseen, note = adjusted_counts(np.array([1, 2, 3, 5]), np.array([60, 20, 8, 3]), order=1)
    >>> stars.round(3).tolist(), unseen, note
    ([0.417, 1.223, 2.146, 4.114], 60.0, None)
    """
    reason = None
    slope = 0.0
    if len(r) == 0 or r[0] != 1:
        reason = f"there is no {order}-gram with count 1"
    elif len(r) == 1:
        reason = f"every {order}-gram has the count 1"
    else:
        slope = _slope(r, n)
        if slope >= -1:
            reason = f"the counts of counts fall with slope {slope:.4g}, not below -1"
    if reason:
        used = f"r - {_FALLBACK}"
        note = f"order {order}: {reason} (small or artificial text), so adjusted counts are not estimated: "
        return r.astype(np.float64) - _FALLBACK, _FALLBACK * float(n.sum()), note + used
    line = r * (1 + 1 / r) ** (slope + 1)
    turing = _turing(r, n, line)
    stars = np.concatenate([turing, line[len(turing) :]])
    total = float(r @ n)
    stars *= (total - float(n[0])) / float(stars @ n)
    return stars, float(n[0]), None


def _slope(r: Ints, n: Ints) -> float:
    """The slope of the least-squares line through log Z against log r."""
    before = np.concatenate([[0], r[:-1]])
    after = np.concatenate([r[1:], [2 * r[-1] - before[-1]]])
    x, z = np.log(r), np.log(2 * n / (after - before))
    x -= x.mean()
    return float(x @ (z - z.mean()) / (x @ x))


def _turing(r: Ints, n: Ints, line: Floats) -> Floats:
    """Turing's estimates for the first counts, as long as they surely differ from `line`."""
    gaps = np.flatnonzero(np.diff(r) != 1)
    dense = int(gaps[0]) if len(gaps) else len(r) - 1  # the counts whose successor was counted too
    low, ratio = r[:dense], n[1 : dense + 1] / n[:dense]
    estimates: Floats = (low + 1) * ratio
    deviation = (low + 1) * np.sqrt(ratio / n[:dense] * (1 + ratio))
    alike = np.flatnonzero(np.abs(estimates - line[:dense]) <= _SURE * deviation)
    return estimates[: alike[0]] if len(alike) else estimates
