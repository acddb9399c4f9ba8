"""The recursion that interpolated models share: a share of one's own and a weight for the shorter history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.counts import NgramCounts
from textkit.lm.ngram.model import Floats, NgramModel
from textkit.lm.smoothing.columns import log_table, of_history
from textkit.text.vocab import Vocab


@dataclass(frozen=True, eq=False)
class Level:
    """One order of an interpolated model.

    `share` (n-grams of the order,): the probability that an n-gram's own count gives it. `weight`
    (histories,): how much of the shorter history's distribution is added; 1 for those never continued.
    """

    share: Floats
    weight: Floats

    @staticmethod
    def of(counts: NgramCounts, order: int, *, values: npt.NDArray[Any], reserved: Floats) -> Level:
        """Shares proportional to `values` less what `reserved` takes for the shorter history.

        `values` (n-grams,): counts, already lessened by a discount if there is one. `reserved`
        (histories,): what each history gives to the shorter one, in counts. With h a history and w a word,

            share(h w)  = value(h w) / (sum over v of value(h v) + reserved(h))
            weight(h)   = reserved(h) / (sum over v of value(h v) + reserved(h))
        """
        totals = counts.trie.sum_by_prefix(order, values) + reserved
        continued = totals > 0
        weight = np.divide(reserved, totals, out=np.ones_like(totals), where=continued)
        share = of_history(counts.trie, order, np.where(continued, totals, 1.0))
        np.divide(values, share, out=share)
        return Level(share, weight)


def interpolate(
    counts: NgramCounts, vocab: Vocab, levels: Iterable[Level], *, smoothing: str, notes: Sequence[str] = ()
) -> NgramModel:
    """The model p(w | h) = share(h w) + weight(h) * p(w | h less its first word).

    Below the words alone lies the uniform distribution, 1 / V. Of an n-gram never counted only the
    second term remains, which makes an interpolated model a back-off model with back-off = weight.
    `levels` come shortest first; made one at a time, they need the memory of one. Chen and Goodman, An
    Empirical Study of Smoothing Techniques, 1999, section 2.
    """
    probabilities = np.array([1.0 / len(vocab)])
    log_prob, log_backoff = [], []
    for k, level in enumerate(levels, 1):
        mixed = probabilities[counts.trie.suffixes[k - 1]]
        mixed *= of_history(counts.trie, k, level.weight)
        mixed += level.share
        probabilities = np.minimum(mixed, 1.0, out=mixed)
        if k == 1:
            probabilities[-1] = 1.0  # <s> is certain where it stands, and never asked for
        else:
            log_backoff.append(log_table(level.weight))
        log_prob.append(log_table(probabilities))
    return NgramModel(vocab, counts.trie, tuple(log_prob), tuple(log_backoff), smoothing, notes=tuple(notes))
