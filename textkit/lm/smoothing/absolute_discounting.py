"""Absolute discounting: the same amount off every count, given to the shorter history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts, counts_of_counts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.discounts import single_discount
from textkit.lm.smoothing.interpolation import Level, interpolate
from textkit.lm.smoothing.recipe import recipe
from textkit.lm.stream import Ints
from textkit.text.vocab import Vocab


@dataclass(frozen=True)
class AbsoluteDiscounting:
    """p(w | h) = max(c(h w) - D, 0) / c(h) + D N1+(h) / c(h) * p(w | shorter h).

    `discount` None estimates D = n1 / (n1 + 2 n2) for each order. Ney, Essen and Kneser 1994; Chen and
    Goodman 1999, equations 18 to 20.
    """

    discount: float | None = None

    def __post_init__(self) -> None:
        check_discount(self.discount)

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The interpolated model."""
        return estimate_discounted(counts, vocab, counts.raw, discount=self.discount, smoothing=recipe(self))


def check_discount(discount: float | None) -> None:
    """Raises UsageError for a discount outside 0 to 1."""
    if discount is not None and not 0 < discount <= 1:
        raise UsageError(f"a discount is above 0 and at most 1, not {discount}")


def estimate_discounted(
    counts: NgramCounts, vocab: Vocab, values: Sequence[Ints], *, discount: float | None, smoothing: str
) -> NgramModel:
    """The model that takes one discount an order off `values`, the counts of each order, raw or adjusted."""
    amounts, notes = [], []
    for k, value in enumerate(values, 1):
        note = None
        amount = discount
        if amount is None:
            amount, note = single_discount(counts_of_counts(value), order=k)
        amounts.append(amount)
        notes += [note] if note else []
    levels = (_level(counts, k, value, amounts[k - 1]) for k, value in enumerate(values, 1))
    return interpolate(counts, vocab, levels, smoothing=smoothing, notes=notes)


def _level(counts: NgramCounts, order: int, values: Ints, discount: float) -> Level:
    seen = values > 0
    reserved = counts.trie.sum_by_prefix(order, seen) * discount
    return Level.of(counts, order, values=values - discount * seen, reserved=reserved)
