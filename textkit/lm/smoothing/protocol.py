"""What a smoothing method is."""

from __future__ import annotations

from typing import Protocol

from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.text.vocab import Vocab


class Smoothing(Protocol):
    """A frozen dataclass whose fields are the method's parameters."""

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The smoothed model of these counts; `vocab` is the one the corpus was encoded with."""
        ...
