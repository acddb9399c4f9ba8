"""Katz back-off: Good-Turing discounts, and what they free shared as the shorter history says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.ngram.model import Floats, NgramModel
from textkit.lm.smoothing.columns import log_table, of_history
from textkit.lm.smoothing.recipe import recipe
from textkit.lm.stream import Ints
from textkit.text.vocab import Vocab

_FALLBACK = 0.5  # taken from each count up to k where the discounts cannot be estimated
_NO_ROOM = 1e-12  # so little is left to the words unseen after a history only where rounding left it


@dataclass(frozen=True)
class Katz:
    """p(w | h) = d(c(h w)) c(h w) / c(h) if h w was seen, else alpha(h) p(w | h less its first word).

    d discounts counts up to `k`, by order (`katz_discounts`), and is 1 above. alpha(h) gives words unseen
    after h what the discounts freed, shared as after the shorter history; words alone back off to the
    uniform 1 / V. Katz 1987; Chen and Goodman, An Empirical Study of Smoothing Techniques, 1999,
    section 2.4. Where the paper leaves no proper distribution:

    - after h every word was seen: nobody needs what was freed, and the seen words share it in proportion;
    - nothing was freed, all counts being above k, but words are unseen: they get one count more, the
      probability 1 / (c(h) + 1), as the CMU toolkit and SRILM have it.
    """

    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 2:
            raise UsageError(f"katz discounts counts up to k, a whole number of 2 or more, not {self.k}")

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The back-off model; its notes say which discounts had to be replaced."""
        shorter = np.array([1.0 / len(vocab)])
        log_prob: list[LogTable] = []
        log_backoff: list[LogTable] = []
        notes = []
        for order, raw in enumerate(counts.raw, 1):
            n = np.bincount(np.minimum(raw, self.k + 2), minlength=self.k + 2)[: self.k + 2]
            discounts, note = katz_discounts(n, order=order)
            notes += [note] if note else []
            shorter, alpha = _back_off(counts, order, discounts, shorter)
            if order == 1:
                shorter[-1] = 1.0  # <s> is certain where it stands, and never asked for
            else:
                log_backoff.append(log_table(alpha))
            log_prob.append(log_table(shorter))
        return NgramModel(
            vocab, counts.trie, tuple(log_prob), tuple(log_backoff), recipe(self), notes=tuple(notes)
        )


def _back_off(counts: NgramCounts, order: int, discounts: Floats, shorter: Floats) -> tuple[Floats, Floats]:
    """The probabilities of the n-grams of `order` and the alphas of their histories.

    `shorter` holds the probabilities one order lower.
    """
    trie, raw = counts.trie, counts.raw[order - 1]
    seen = raw > 0
    kept = raw * discounts[np.minimum(raw, len(discounts) - 1)]
    lower = shorter[trie.suffixes[order - 1]]
    totals = trie.sum_by_prefix(order, raw)
    kept_sums = trie.sum_by_prefix(order, kept)
    freed = trie.sum_by_prefix(order, raw - kept)
    room = 1 - trie.sum_by_prefix(order, lower * seen)
    closed = (trie.sum_by_prefix(order, seen) == counts.vocab_size) | (room < _NO_ROOM)
    more = ~closed & (freed == 0)  # also histories never continued, for which alpha is then 1
    divisors = np.where(closed, kept_sums, totals + more)
    alpha = np.divide(freed + more, divisors * room, out=np.ones_like(room), where=~closed)
    lower *= of_history(trie, order, alpha)
    kept /= of_history(trie, order, divisors)
    return np.where(seen, kept, lower), alpha


def katz_discounts(n: Ints, *, order: int) -> tuple[Floats, str | None]:
    """d(0) to d(k + 1) from the counts of counts `n`, 0 to k + 1, and a note when they had to be replaced.

        d(r) = (r* / r - (k+1) n(k+1) / n(1)) / (1 - (k+1) n(k+1) / n(1)),  r* = (r+1) n(r+1) / n(r)

    for r from 1 to k; d(0) = 0 and d(k+1) = 1, which serves for all higher counts. Discounts not above 0
    and at most 1 make no distribution: then k is lowered until they do; where no k of 2 or more does,
    each is (r - 0.5) / r. Katz, Estimation of Probabilities from Sparse Data, 1987.

    >>> discounts, note = katz_discounts(np.array([0, 120, 30, 12]), order=2)
    >>> discounts.round(6).tolist(), note
    ([0.0, 0.285714, 0.428571, 1.0], None)
    """
    asked = len(n) - 2
    why = _fault(n, order)
    if why is None:
        return _discounts(n), None
    note = f"order {order}: {why} (small or artificial text), so "
    for k in range(asked - 1, 1, -1):
        if _fault(n[: k + 2], order) is None:
            discounts = np.concatenate([_discounts(n[: k + 2]), np.ones(asked - k)])
            return discounts, f"{note}only counts up to {k} are discounted"
    r = np.arange(1, asked + 1)
    replaced = np.concatenate([[0.0], (r - _FALLBACK) / r, [1.0]])
    return replaced, f"{note}the discounts are not estimated: d(r) = (r - {_FALLBACK}) / r"


def _fault(n: Ints, order: int) -> str | None:
    """Why the discounts of these counts of counts make no distribution, if so."""
    k = len(n) - 2
    for count in range(1, k + 2):
        if n[count] == 0:
            return f"there is no {order}-gram with count {count}"
    if (k + 1) * n[k + 1] >= n[1]:
        return f"{k + 1} n({k + 1}) is {(k + 1) * n[k + 1]}, not below n(1) = {n[1]}"
    for count, discount in enumerate(_discounts(n)[1:-1], 1):
        if not 0 < discount <= 1:
            return f"the discount of count {count} would be {discount:.4g}, not above 0 and at most 1"
    return None


def _discounts(n: Ints) -> Floats:
    k = len(n) - 2
    r = np.arange(1, k + 1)
    beyond = (k + 1) * n[k + 1] / n[1]
    inner = ((r + 1) * n[2:] / (n[1:-1] * r) - beyond) / (1 - beyond)
    return np.concatenate([[0.0], inner, [1.0]])
