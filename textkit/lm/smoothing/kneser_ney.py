"""Kneser-Ney: absolute discounting in which shorter histories count the places a word can stand in."""

from __future__ import annotations

from dataclasses import dataclass

from textkit.lm.counts import NgramCounts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.absolute_discounting import check_discount, estimate_discounted
from textkit.lm.smoothing.recipe import recipe
from textkit.text.vocab import Vocab


@dataclass(frozen=True)
class KneserNey:
    """p(w | h) = max(a(h w) - D, 0) / a(h) + D N1+(h) / a(h) * p(w | shorter h), interpolated.

    a is the raw count of the longest n-grams and of those that begin with `<s>`, and of others the
    number of different words before them. `discount` None estimates D = n1 / (n1 + 2 n2) for each order,
    from the same counts. Kneser and Ney 1995; Chen and Goodman 1999, section 2.7.
    """

    discount: float | None = None

    def __post_init__(self) -> None:
        check_discount(self.discount)

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The interpolated model."""
        adjusted = [counts.adjusted(k) for k in range(1, counts.order + 1)]
        return estimate_discounted(counts, vocab, adjusted, discount=self.discount, smoothing=recipe(self))
