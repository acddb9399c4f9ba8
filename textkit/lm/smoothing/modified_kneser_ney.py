"""Modified Kneser-Ney with the definitions of KenLM's estimator, lmplz."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError
from textkit.lm.counts import NgramCounts, counts_of_counts
from textkit.lm.ngram.log_table import LogTable
from textkit.lm.ngram.model import Floats, NgramModel
from textkit.lm.selection import select
from textkit.lm.smoothing.discounts import FALLBACK, three_discounts
from textkit.lm.smoothing.recipe import recipe
from textkit.lm.stream import Ints
from textkit.lm.threads import default_jobs, each
from textkit.lm.trie import END_ID, plain, read_only
from textkit.scratch import release
from textkit.text.vocab import Vocab

_NOTHING_PRUNED = np.empty(0, dtype=np.uint8)


@dataclass(frozen=True)
class ModifiedKneserNey:
    """p(w | h) = (a(h w) - D(a(h w))) / a(h) + weight(h) * p(w | shorter h), interpolated.

    D takes three values an order, for counts 1, 2 and 3 or more; weight(h) is what they took from h's
    continuations, over a(h). a as in Kneser-Ney. Words alone are interpolated with the uniform 1 / V, so
    that `<unk>`, if the text never spells it, has weight / V; without `interpolate_unigrams` it has the
    whole weight. Chen and Goodman 1999, section 3; Heafield et al. 2013. Discounts that the text is too
    small for are replaced by `fallback`, as the model's notes then say.

    `prune` leaves out n-grams that the text has at most so often, a threshold an order, the last for all
    higher orders too; they never fall. What they would have had goes to the weight.
    """

    prune: tuple[int, ...] = ()
    fallback: tuple[float, float, float] = FALLBACK
    interpolate_unigrams: bool = True

    def __post_init__(self) -> None:
        if any(low > high for low, high in pairwise((0, *self.prune))):
            raise UsageError(
                "the pruning thresholds of the orders are counts that never fall, as 0 0 1, not "
                f"{' '.join(map(str, self.prune))}: or else an n-gram would outlive its own parts"
            )
        if not all(0 <= discount <= count for count, discount in enumerate(self.fallback, 1)):
            raise UsageError(f"the discounts of counts 1, 2 and 3 are 0 to the count, not {self.fallback}")

    def estimate(
        self, counts: NgramCounts, vocab: Vocab, *, allowed: Collection[str] | None = None
    ) -> NgramModel:
        """The interpolated model, with lmplz's probabilities.

        Of words that are not `allowed` the counts are used, but no n-gram is kept, so that they become
        unknown words: lmplz's --limit_vocab_file.
        """
        from textkit.lm.kernels.kneser_ney import smooth

        jobs = default_jobs()
        trie, pruned = counts.trie, self._pruned(counts, vocab, allowed)
        kept = trie.size(1) - 1 - int(pruned[0].sum())  # words that the uniform distribution is over
        prob = np.full(1, self.interpolate_unigrams / kept, dtype=np.float32)
        log_prob, log_backoff, notes = [], [], []
        for k, links, adjusted, n in _orders(counts):
            discounts, note = three_discounts(n, order=k, fallback=self.fallback)
            notes += [note] if note else []
            first = trie.first[k - 2] if k > 1 else np.array([0, trie.size(1)])
            lower, prob = prob, trie.scratch.empty(trie.size(k), np.float32)
            weights = trie.scratch.empty(trie.size(k - 1), np.float32)
            tables = (read_only(first), plain(adjusted), pruned[k - 1], discounts, plain(links), plain(lower))
            each(
                smooth,
                ((*tables, *cut, plain(prob), plain(weights)) for cut in trie.cuts(k - 1, 8 * jobs)),
                jobs=jobs,
                after=partial(release, first, adjusted, links, lower, prob, weights),
            )
            if k == 1:
                prob[-1] = 1.0  # <s> is certain where it stands, and never asked for
                prob[0] += 0.0 if self.interpolate_unigrams else weights[0]
            else:
                log_prob.append(_log10(lower, jobs))
                log_backoff.append(_log10(weights, jobs))
        log_prob.append(_log10(prob, jobs))
        model = NgramModel(vocab, trie, tuple(log_prob), tuple(log_backoff), recipe(self), notes=tuple(notes))
        return select(model, [mask == 0 for mask in pruned]) if any(mask.size for mask in pruned) else model

    def discounts(self, counts: NgramCounts) -> Floats:
        """What is taken from adjusted counts of 0, 1, 2, and 3 or more at each order, (order, 4).

        >>> from textkit.data.encoded import EncodedCorpus
        >>> text = EncodedCorpus.from_sequences([[2, 3, 1], [2, 1]])
        >>> ModifiedKneserNey().discounts(NgramCounts.count(text, order=2, vocab_size=4)).tolist()
        [[0.0, 0.5, 1.0, 1.5], [0.0, 0.5, 1.0, 1.5]]
        """
        return np.stack(
            [three_discounts(n, order=k, fallback=self.fallback)[0] for k, _, _, n in _orders(counts)]
        )

    def _pruned(
        self, counts: NgramCounts, vocab: Vocab, allowed: Collection[str] | None
    ) -> list[npt.NDArray[np.uint8]]:
        """For each order which n-grams are left out; empty arrays when none are."""
        thresholds = [
            self.prune[min(k, len(self.prune) - 1)] if self.prune else 0 for k in range(counts.order)
        ]
        if not any(thresholds) and allowed is None:
            return [_NOTHING_PRUNED] * counts.order
        foreign = np.zeros(counts.trie.base, dtype=np.bool_)
        if allowed is not None:
            foreign[:-1] = [token not in allowed for token in vocab.tokens]
            foreign[[0, END_ID]] = False
        masks, before = [], np.zeros(1, dtype=np.bool_)
        for k, threshold in enumerate(thresholds, 1):
            before = before[counts.trie.prefixes(k)] | foreign[counts.trie.words[k - 1]]
            masks.append((before | (counts.raw[k - 1] <= threshold)).astype(np.uint8))
        masks[0][[0, END_ID, -1]] = 0
        return masks


def _orders(counts: NgramCounts) -> Iterator[tuple[int, npt.NDArray[Any], npt.NDArray[Any], Ints]]:
    """Each order with its suffixes, its adjusted counts and how many there are of each."""
    trie = counts.trie
    links = longer = trie.link(1, trie.words[0])
    last: int | None = None
    for k in range(1, counts.order + 1):
        links, longer = longer, trie.link(k + 1, longer) if k < counts.order else longer
        adjusted = counts.adjusted(k, longer)
        last = counts.last_in_suffix_order(k, links, last)
        yield k, links, adjusted, _counts_of_counts(counts, k, adjusted, last)


def _counts_of_counts(counts: NgramCounts, order: int, adjusted: npt.NDArray[Any], last: int | None) -> Ints:
    """Counts of adjusted counts, as lmplz takes them.

    It enters the last n-gram, in suffix order, of each order but the longest with its raw count
    (adjust_counts.cc, after the loop), which can move a discount in its last digits. So do we.
    """
    n = counts_of_counts(adjusted)
    if order < counts.order and last is not None:
        for count, change in ((int(adjusted[last]), -1), (int(counts.raw[order - 1][last]), 1)):
            if count < len(n):
                n[count] += change
    return n


def _log10(values: npt.NDArray[np.float32], jobs: int) -> LogTable:
    """The logarithms, in place; rounding may lift a probability or weight of 1 a little above it."""

    def work(part: npt.NDArray[np.float32]) -> None:
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant
            np.log10(np.minimum(part, 1.0, out=part), out=part, dtype=np.float64, casting="same_kind")

    parts = ((part,) for part in np.array_split(values, 8 * jobs))
    each(work, parts, jobs=jobs, after=lambda: release(values))
    return LogTable(values)
