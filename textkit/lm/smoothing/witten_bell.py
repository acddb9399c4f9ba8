"""Witten-Bell: a history that many different words followed leaves more room for new ones."""

from __future__ import annotations

from dataclasses import dataclass

from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.interpolation import Level, interpolate
from textkit.lm.smoothing.recipe import recipe
from textkit.text.vocab import Vocab


@dataclass(frozen=True)
class WittenBell:
    """p(w | h) = (c(h w) + N1+(h) p(w | shorter h)) / (c(h) + N1+(h)), N1+(h) the words that followed h.

    Bell, Cleary and Witten 1990, method C; Chen and Goodman 1999, equations 15 to 17.
    """

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The interpolated model."""
        levels = (
            Level.of(counts, k, values=raw, reserved=counts.trie.sum_by_prefix(k, raw > 0))
            for k, raw in enumerate(counts.raw, 1)
        )
        return interpolate(counts, vocab, levels, smoothing=recipe(self))
