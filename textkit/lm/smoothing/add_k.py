"""Add-k: every word gets k more than it was counted (k = 1: Laplace; less: Lidstone)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import Miss, NgramModel
from textkit.lm.smoothing.columns import log_table, of_history
from textkit.lm.smoothing.recipe import recipe
from textkit.text.vocab import Vocab


@dataclass(frozen=True)
class AddK:
    """p(w | h) = (c(h w) + k) / (c(h) + k V), h the longest history there is; uniform if h was never seen.

    Lidstone 1920; Jurafsky and Martin, Speech and Language Processing, section 3.6. Shorter histories
    are not asked, so that one shared pseudo-count is all the smoothing there is.
    """

    k: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.k < np.inf:
            raise UsageError(f"add-k adds a number above 0 to each count, not {self.k}")

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The model with k added to each count."""
        log_prob, log_backoff = [], []
        for order, raw in enumerate(counts.raw, 1):
            totals = counts.trie.sum_by_prefix(order, raw) + self.k * len(vocab)
            probabilities = (raw + self.k) / of_history(counts.trie, order, totals)
            if order == 1:
                probabilities[-1] = 1.0  # <s> is certain where it stands, and never asked for
            else:
                log_backoff.append(log_table(self.k / totals))
            log_prob.append(log_table(probabilities))
        miss = Miss(shorter=False, unseen=-float(np.log(len(vocab))))
        return NgramModel(vocab, counts.trie, tuple(log_prob), tuple(log_backoff), recipe(self), miss)
