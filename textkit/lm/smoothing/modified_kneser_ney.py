"""Modified Kneser-Ney with the definitions of KenLM's estimator, lmplz."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.lm.counts import NgramCounts, counts_of_counts
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.discounts import three_discounts
from textkit.lm.smoothing.interpolation import Level, interpolate
from textkit.lm.stream import Ints
from textkit.text.vocab import Vocab


@dataclass(frozen=True)
class ModifiedKneserNey:
    """p(w | h) = (a(h w) - D(a(h w))) / a(h) + weight(h) * p(w | shorter h), interpolated.

    D takes three values an order, for counts 1, 2 and 3 or more; weight(h) is what they took from h's
    continuations, over a(h). a as in Kneser-Ney. Words alone are interpolated with the uniform 1 / V, so
    that `<unk>`, if the text never spells it, has weight / V. Chen and Goodman 1999, section 3; Heafield
    et al. 2013. Discounts that the text is too small for are replaced, as the model's notes then say.
    """

    def estimate(self, counts: NgramCounts, vocab: Vocab) -> NgramModel:
        """The interpolated model, with lmplz's probabilities."""
        last = counts.last_in_suffix_order()
        levels, notes = [], []
        for k in range(1, counts.order + 1):
            adjusted = counts.adjusted(k)
            discounts, note = three_discounts(_counts_of_counts(counts, k, adjusted, last), order=k)
            taken = discounts[np.minimum(adjusted, 3)]
            reserved = counts.trie.sum_by_prefix(k, taken)
            levels.append(Level.of(counts, k, values=adjusted - taken, reserved=reserved))
            notes += [note] if note else []
        return interpolate(counts, vocab, levels, smoothing=repr(self), notes=notes)


def _counts_of_counts(counts: NgramCounts, order: int, adjusted: Ints, last: tuple[int, ...]) -> Ints:
    """Counts of adjusted counts, as lmplz takes them.

    It enters the last n-gram, in suffix order, of each order but the longest with its raw count
    (adjust_counts.cc, after the loop), which can move a discount in its last digits. So do we.
    """
    n = counts_of_counts(adjusted)
    if order < counts.order and order <= len(last):
        row = last[order - 1]
        for count, change in ((int(adjusted[row]), -1), (int(counts.raw[order - 1][row]), 1)):
            if count < len(n):
                n[count] += change
    return n
