"""Counting: every n-gram of a corpus, all orders, and what smoothing asks of the counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.counting import Windows, tables
from textkit.lm.merging import Counted, Plan, merged, parked, pieces
from textkit.lm.stream import Bools, Ints
from textkit.lm.threads import default_jobs
from textkit.lm.trie import END_ID, NgramTrie, plain, read_only
from textkit.scratch import IN_MEMORY, Scratch, release


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

        By `jobs` threads (None: one a core). With `memory` (bytes) as much of the text at a time as that
        holds, the counts of all parts being added up at the end; with a `scratch` that has a folder all
        tables are kept there. `watch` is told how many ids are counted.

        Raises UsageError for an order below 1 or sequences without their end, InputError for an empty
        corpus, ids outside the vocabulary, or more n-grams than 63-bit keys can number.
        """
        if order < 1:
            raise UsageError(f"the order of an n-gram model is 1 or more, not {order}")
        if not len(corpus):
            raise InputError("the corpus is empty: there are no n-grams to count")
        ends = np.flatnonzero(corpus.ids == END_ID)
        if not np.array_equal(ends + 1, corpus.offsets[1:]):
            raise UsageError(
                "each sequence of a language model's corpus ends with </s> (id 1), and only there"
            )
        plan = Plan.of(memory, order=order)
        first_seen = np.full(vocab_size + 1, -1, dtype=np.int64)
        runs: list[Counted] = []
        position = 0
        for begin, end in pieces(len(corpus.ids), plan.text // 2):
            text, size = _text(
                corpus.ids, begin, end, order=order, vocab_size=vocab_size, at=position, seen=first_seen
            )
            position += size
            windows = Windows.of_text(text, size)
            run = tables(windows, order=order, vocab_size=vocab_size, jobs=jobs or default_jobs())
            run[1][0][vocab_size] = 0
            runs.append(run if scratch.folder is None else parked(run, scratch))
            watch(end)
        trie, raw = runs[0]
        if len(runs) > 1:
            trie, raw = merged(runs, scratch=scratch, jobs=jobs or default_jobs(), largest=plan.merge)
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

    def starts_sentence(self, order: int) -> Bools:
        """Which n-grams of `order` begin with `<s>`."""
        starts: Bools = np.arange(self.trie.size(order)) >= self.trie.begins(order)
        return starts

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


def _text(
    ids: npt.NDArray[np.int32], begin: int, end: int, *, order: int, vocab_size: int, at: int, seen: Ints
) -> tuple[npt.NDArray[np.int32], int]:
    """Ids `begin` to `end` - 1 as a text with `<s>`, and the words that its last windows need more.

    Gives the text and its number of windows. `at` is the position of its first word in the whole text,
    `seen` keeps where each word was first.
    """
    from textkit.lm.kernels.windows import put_starts

    piece = ids[begin:end]
    if piece.min() < 0 or piece.max() >= vocab_size:
        foreign = piece[(piece < 0) | (piece >= vocab_size)][0]
        raise InputError(f"ids run from 0 to {vocab_size - 1} in this vocabulary, not {foreign}")
    stop = min(end + order, len(ids))
    sentences = int((piece == END_ID).sum()) + 1
    text = np.full(end - begin + sentences + 3 * order + 2, END_ID, dtype=np.int32)
    size, _ = put_starts(read_only(ids), begin, end, vocab_size, at, seen, text)
    put_starts(read_only(ids), end, stop, vocab_size, 0, np.empty(0, dtype=np.int64), plain(text)[size:])
    return text, size
