"""Counting: every n-gram of a corpus, all orders, and what smoothing asks of the counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.counts.merging import merged
from textkit.lm.counts.parts import in_parts
from textkit.lm.counts.windows import LARGEST, Windows, tables
from textkit.lm.stream import Ints
from textkit.lm.threads import default_jobs
from textkit.lm.trie import END_ID, NgramTrie, plain, read_only
from textkit.scratch import IN_MEMORY, Scratch, pieces, release

_BYTES = 16  # a window and order, while its n-grams are sorted and written
_FEWEST = 1 << 16  # windows that are sorted at once, however little memory there is
_AT_ONCE = 1 << 22  # ids


@dataclass(frozen=True, eq=False)
class NgramCounts:
    """Raw counts of the n-grams of orders 1 to n, one `<s>` before each sentence.

    `raw[k-1]` counts the rows of `trie`'s order k; `<s>` alone, which is never predicted, counts 0.
    `first_seen` (V+1,): the position at which each word first stood in the text, -1 if it never did.

    >>> corpus = EncodedCorpus.from_sequences([[2, 3, 1], [2, 1]])  # "a b </s>", "a </s>"
    >>> counts = NgramCounts.count(corpus, order=2, vocab_size=4)
    >>> counts.raw[0].tolist()
    [0, 2, 2, 1, 0]
    >>> counts.trie.ngrams(2, np.arange(4)).tolist(), counts.raw[1].tolist()
    ([[2, 1], [2, 3], [3, 1], [4, 2]], [1, 1, 1, 2])
    """

    trie: NgramTrie
    raw: tuple[npt.NDArray[Any], ...]
    first_seen: Ints

    @staticmethod
    def count(
        corpus: EncodedCorpus,
        *,
        order: int,
        vocab_size: int,
        jobs: int | None = None,
        memory: int | None = None,
        scratch: Scratch = IN_MEMORY,
        watch: Callable[[int], object] = lambda _done: None,
    ) -> NgramCounts:
        """Count a corpus whose sequences each end with `</s>` (id 1), and hold it nowhere else.

        By `jobs` threads (None: one a core). With `memory` (bytes) as many n-grams at a time as that
        holds; with a `scratch` that has a folder all tables are kept there. `watch` is told how many words,
        `<s>` included, have been counted.

        Raises UsageError for an order below 1 or sequences without their end, InputError for an empty
        corpus, ids outside the vocabulary, or more n-grams than 63-bit keys can number.
        """
        if order < 1:
            raise UsageError(f"the order of an n-gram model is 1 or more, not {order}")
        if not len(corpus):
            raise InputError("the corpus is empty: there are no n-grams to count")
        _check(corpus, vocab_size=vocab_size)
        text, first_seen = _text(corpus, order=order, vocab_size=vocab_size, scratch=scratch)
        most = LARGEST if memory is None else max(memory // (_BYTES * order), _FEWEST)
        size = len(corpus.ids) + len(corpus)
        jobs = jobs or default_jobs()
        if size <= most and scratch.folder is None:
            trie, raw = tables(Windows.of_text(text, size), order=order, vocab_size=vocab_size, jobs=jobs)
            watch(size)
        else:
            trie, raw = in_parts(
                text,
                size,
                order=order,
                vocab_size=vocab_size,
                jobs=jobs,
                most=most,
                scratch=scratch,
                watch=watch,
            )
        raw[0][vocab_size] = 0
        return NgramCounts(trie, raw, first_seen)

    def merge(self, *following: NgramCounts) -> NgramCounts:
        """The counts of several texts, in their order, as if they had been counted as one.

        So a text can be counted in parts, on several machines, over one vocabulary. Raises UsageError
        when the orders or the sizes of the vocabularies differ.

        >>> one, two = (EncodedCorpus.from_sequences([ids]) for ids in ([2, 3, 1], [2, 1]))
        >>> parts = [NgramCounts.count(part, order=2, vocab_size=4) for part in (one, two)]
        >>> parts[0].merge(parts[1]).raw[1].tolist()
        [1, 1, 1, 2]
        """
        first_seen = self.first_seen
        length = 0
        for before, counts in pairwise((self, *following)):
            if (self.order, self.vocab_size) != (counts.order, counts.vocab_size):
                raise UsageError(
                    "only counts of the same order and vocabulary can be merged, not of orders "
                    f"{self.order}, {counts.order} and {self.vocab_size}, {counts.vocab_size} words"
                )
            length += int(before.raw[0].sum() + before.raw[0][END_ID])  # all words, and a <s> for each </s>
            later = np.where(counts.first_seen >= 0, counts.first_seen + length, -1)
            first_seen = np.where(first_seen >= 0, first_seen, later)
        runs = [(counts.trie, counts.raw) for counts in (self, *following)]
        trie, raw = merged(runs, scratch=self.trie.scratch, jobs=default_jobs())
        return NgramCounts(trie, raw, first_seen)

    @property
    def order(self) -> int:
        """The length of the longest n-grams."""
        return self.trie.order

    @property
    def vocab_size(self) -> int:
        """V, the number of words that can be predicted."""
        return self.trie.vocab_size

    def adjusted(self, order: int, links: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """The counts that Kneser-Ney smoothing uses, as KenLM defines them.

        Of the longest n-grams, and of those that begin with `<s>`, which nothing can precede: the raw
        count. Of all others: in how many different words they can be extended to the left, `<s>` being
        one. Heafield et al., Scalable Modified Kneser-Ney Language Model Estimation, ACL 2013, section 3.
        `links` are the suffixes of the n-grams one word longer, if they are at hand.
        """
        from textkit.lm.kernels.kneser_ney import count_extensions

        raw = self.raw[order - 1]
        if order == self.order:
            return raw
        if links is None:
            links = self.trie.suffixes[order]
        adjusted = self.trie.scratch.empty(len(raw), raw.dtype)
        begins = self.trie.begins(order)
        adjusted[:begins] = 0
        adjusted[begins:] = raw[begins:]
        count_extensions(read_only(links), 0, len(links), plain(adjusted))
        release(raw, links)
        return adjusted

    def last_in_suffix_order(self, order: int, links: npt.NDArray[Any], shorter: int | None) -> int | None:
        """The row of the n-gram of `order` that sorts last when compared from its last word backwards.

        Words compare by first appearance, after `<unk>`, `<s>` and `</s>`. KenLM treats these n-grams in a
        way of its own. `links` are the suffixes of the order, `shorter` is the row one order lower; None
        where no n-gram ends with that.
        """
        rank = self.first_seen.copy()
        rank[[0, self.vocab_size, END_ID]] = -2, -1, 0  # ordinary words were first seen at 1 or later
        if order == 1:
            return int(np.argmax(rank))
        longer = np.flatnonzero(links == (-2 if shorter is None else shorter))
        release(links)
        if not len(longer):
            return None
        first_words = self.trie.ngrams(order, longer)[:, 0]
        return int(longer[np.argmax(rank[first_words])])

    def of(self, words: Sequence[int]) -> int:
        """How often one n-gram was counted, 0 if never; V stands for `<s>`, in the first place only.

        Raises UsageError for no word or more than `order`, InputError for ids that are none.

        >>> counts = NgramCounts.count(EncodedCorpus.from_sequences([[2, 3, 1]]), order=2, vocab_size=4)
        >>> counts.of([2]), counts.of([4, 2]), counts.of([3, 2])
        (1, 1, 0)
        """
        if not 1 <= len(words) <= self.order:
            raise UsageError(f"n-grams of 1 to {self.order} words are counted here, not of {len(words)}")
        for word in words:
            if not 0 <= word <= self.vocab_size:
                raise InputError(f"ids run from 0 to {self.vocab_size}, that of <s>, here, not {word}")
        rows = np.zeros(1, dtype=np.int64)
        for k, word in enumerate(words, 1):
            rows = self.trie.find(k, rows, np.array([word]))
        row = int(rows[0])
        return int(self.raw[len(words) - 1][row]) if row >= 0 else 0

    def truncated(self, order: int) -> NgramCounts:
        """The counts of the n-grams of up to `order` words, in the same arrays.

        Raises UsageError unless the order is 1 to that of these counts.
        """
        if not 1 <= order <= self.order:
            raise UsageError(
                f"counts of order {self.order} hold those of orders 1 to {self.order}, not {order}"
            )
        trie = NgramTrie(
            self.vocab_size, self.trie.words[:order], self.trie.first[: order - 1], self.trie.scratch
        )
        return NgramCounts(trie, self.raw[:order], self.first_seen)


def counts_of_counts(counts: npt.NDArray[Any]) -> Ints:
    """How many n-grams were counted 0, 1, 2, 3 and 4 times, (5,).

    >>> counts_of_counts(np.array([1, 1, 2, 9])).tolist()
    [0, 2, 1, 0, 0]
    """
    from textkit.lm.kernels.kneser_ney import tally

    found = np.zeros(5, dtype=np.int64)
    tally(read_only(counts), found)
    release(counts)
    return found


def _check(corpus: EncodedCorpus, *, vocab_size: int) -> None:
    """Raise UsageError for sequences without their end, InputError for ids outside the vocabulary."""
    ended = 0
    for begin, end in pieces(len(corpus.ids), _AT_ONCE, corpus.ids, corpus.offsets):
        ids = corpus.ids[begin:end]
        ends = begin + 1 + np.flatnonzero(ids == END_ID)
        foreign = ids[(ids < 0) | (ids >= vocab_size)]
        if not np.array_equal(ends, corpus.offsets[ended + 1 : ended + 1 + len(ends)]):
            ended = -1
            break
        if len(foreign):
            raise InputError(f"ids run from 0 to {vocab_size - 1} in this vocabulary, not {foreign[0]}")
        ended += len(ends)
    if ended != len(corpus):
        raise UsageError("each sequence of a language model's corpus ends with </s> (id 1), and only there")


def _text(
    corpus: EncodedCorpus, *, order: int, vocab_size: int, scratch: Scratch
) -> tuple[npt.NDArray[np.int32], Ints]:
    """The corpus with `<s>` before each sentence and room after the last, and where each word was first."""
    from textkit.lm.kernels.windows import put_starts

    text = scratch.empty(len(corpus.ids) + len(corpus) + order + 1, np.int32)
    text[-order - 1 :] = END_ID
    seen = np.full(vocab_size + 1, -1, dtype=np.int64)
    ids, at = read_only(corpus.ids), 0
    for begin, end in pieces(len(ids), _AT_ONCE, ids, text):
        size, _ = put_starts(ids, begin, end, vocab_size, at, seen, plain(text)[at:])
        at += size
    return text, seen
