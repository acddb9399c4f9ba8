"""Maximum likelihood: relative frequencies, unsmoothed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.interpolation import Level, interpolate
from textkit.lm.smoothing.recipe import recipe
from textkit.text.vocab import Vocab


@dataclass(frozen=True)
class MaximumLikelihood:
    """p(w | h) = c(h w) / c(h): zero for what was never seen after a history that was.

    After a history never seen, the next shorter one serves.
    """

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The model of relative frequencies."""
        levels = (
            Level.of(counts, k, values=raw, reserved=np.zeros(counts.trie.size(k - 1)))
            for k, raw in enumerate(counts.raw, 1)
        )
        return interpolate(counts, vocab, levels, smoothing=recipe(self))
