"""Stupid backoff: relative frequencies, and a constant for each word of history given up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import Miss, NgramModel
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.smoothing.columns import log_table, of_history
from textkit.lm.smoothing.recipe import recipe
from textkit.text.vocab import Vocab


@dataclass(frozen=True)
class StupidBackoff:
    """S(w | h) = c(h w) / c(h) if h w was seen, else alpha * S(w | h less its first word).

    Scores, not probabilities: they do not sum to one, so their perplexity means little. Brants et al.,
    Large Language Models in Machine Translation, 2007, section 4.
    """

    alpha: float = 0.4

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise UsageError(f"the alpha of stupid backoff is above 0 and at most 1, not {self.alpha}")

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The model of relative frequencies with a constant back-off."""
        cost = float(np.log(self.alpha))
        log_prob = []
        for order, raw in enumerate(counts.raw, 1):
            scores = raw / of_history(counts.trie, order, counts.trie.sum_by_prefix(order, raw))
            if order == 1:
                scores[-1] = 1.0  # <s> is certain where it stands, and never asked for
            log_prob.append(log_table(scores))
        log_backoff = [
            LogTable(np.full(counts.trie.size(k), np.log10(self.alpha), dtype=np.float32))
            for k in range(1, counts.order)
        ]
        return NgramModel(
            vocab, counts.trie, tuple(log_prob), tuple(log_backoff), recipe(self), Miss(unseen=cost)
        )
