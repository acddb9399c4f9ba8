"""Counting: every n-gram of a corpus, all orders, and what smoothing asks of the counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError
from textkit.lm.stream import Bools, Ints, Stream
from textkit.lm.trie import NgramTrie, trie_of

END_ID = 1  # "</s>" in every language model's vocabulary


@dataclass(frozen=True, eq=False)
class NgramCounts:
    """Raw counts of the n-grams of orders 1 to n, one `<s>` before each sentence.

    `raw[k-1]` counts the rows of `trie`'s order k; `<s>` alone, which is never predicted, counts 0.
    `suffixes[k-1]` is the row, in order k-1, of each n-gram less its first word (zeros at order 1).
    `first_seen` (V+1,): the position at which each word first stood in the text, -1 if it never did.

    >>> corpus = EncodedCorpus.from_sequences([[2, 3, 1], [2, 1]])  # "a b </s>", "a </s>"
    >>> counts = NgramCounts.count(corpus, order=2, vocab_size=4)
    >>> counts.raw[0].tolist()
    [0, 2, 2, 1, 0]
    >>> counts.trie.ngrams(2, np.arange(4)).tolist(), counts.raw[1].tolist()
    ([[2, 1], [2, 3], [3, 1], [4, 2]], [1, 1, 1, 2])
    """

    trie: NgramTrie
    raw: tuple[Ints, ...]
    suffixes: tuple[Ints, ...]
    first_seen: Ints

    @staticmethod
    def count(corpus: EncodedCorpus, *, order: int, vocab_size: int) -> NgramCounts:
        """Count a corpus whose sequences each end with `</s>` (id 1), and hold it nowhere else.

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
        stream = Stream.of(corpus, vocab_size)
        trie = trie_of(vocab_size, ())
        raw = [np.bincount(stream.words, minlength=vocab_size + 1)]
        raw[0][vocab_size] = 0
        suffixes = [np.zeros(vocab_size + 1, dtype=np.int64)]
        rows = stream.words
        for k in range(2, order + 1):
            at = np.flatnonzero(stream.places >= k - 1)
            keys, counts, group, example = _distinct(trie.key(k, rows[at - 1], stream.words[at]))
            suffixes.append(rows[at[example]])
            raw.append(counts)
            trie = NgramTrie(vocab_size, (*trie.keys, keys))
            rows = np.full(len(rows), -1, dtype=np.int64)
            rows[at] = group
        return NgramCounts(trie, tuple(raw), tuple(suffixes), _first_positions(stream.words, vocab_size + 1))

    def merge(self, following: NgramCounts) -> NgramCounts:
        """The counts of two texts, of which `following` comes second, as if they had been counted as one.

        So a text can be counted in parts, on several machines, over one vocabulary. Raises UsageError
        when the orders or the sizes of the vocabularies differ.

        >>> one, two = (EncodedCorpus.from_sequences([ids]) for ids in ([2, 3, 1], [2, 1]))
        >>> parts = [NgramCounts.count(part, order=2, vocab_size=4) for part in (one, two)]
        >>> parts[0].merge(parts[1]).raw[1].tolist()
        [1, 1, 1, 2]
        """
        if (self.order, self.vocab_size) != (following.order, following.vocab_size):
            raise UsageError(
                "only counts of the same order and vocabulary can be merged, not of orders "
                f"{self.order}, {following.order} and {self.vocab_size}, {following.vocab_size} words"
            )
        both = (self, following)
        trie = trie_of(self.vocab_size, ())
        raw = [self.raw[0] + following.raw[0]]
        suffixes = [self.suffixes[0]]
        rows = [np.arange(trie.base)] * 2  # of each one's n-grams in the merged table
        for k in range(2, self.order + 1):
            keys = [
                trie.key(k, old[c.trie.prefixes(k)], c.trie.words(k))
                for c, old in zip(both, rows, strict=True)
            ]
            distinct, found = np.unique(np.concatenate(keys), return_inverse=True)
            counts = np.zeros(len(distinct), dtype=np.int64)
            np.add.at(counts, found, np.concatenate([c.raw[k - 1] for c in both]))
            shorter = np.zeros(len(distinct), dtype=np.int64)
            shorter[found] = np.concatenate(
                [old[c.suffixes[k - 1]] for c, old in zip(both, rows, strict=True)]
            )
            raw.append(counts)
            suffixes.append(shorter)
            trie = NgramTrie(self.vocab_size, (*trie.keys, distinct))
            rows = [found[: len(keys[0])], found[len(keys[0]) :]]
        length = self.raw[0].sum() + self.raw[0][END_ID]  # every word, and one <s> for each </s>
        later = np.where(following.first_seen >= 0, following.first_seen + length, -1)
        first_seen = np.where(self.first_seen >= 0, self.first_seen, later)
        return NgramCounts(trie, tuple(raw), tuple(suffixes), first_seen)

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
        starts: Bools = np.arange(self.vocab_size + 1) == self.vocab_size
        for k in range(2, order + 1):
            starts = starts[self.trie.prefixes(k)]
        return starts

    def adjusted(self, order: int) -> Ints:
        """The counts that Kneser-Ney smoothing uses, as KenLM defines them.

        Of the longest n-grams, and of those that begin with `<s>`, which nothing can precede: the raw
        count. Of all others: in how many different words they can be extended to the left, `<s>` being
        one. Heafield et al., Scalable Modified Kneser-Ney Language Model Estimation, ACL 2013, section 3.
        """
        raw = self.raw[order - 1]
        if order == self.order:
            return raw
        extensions = np.bincount(self.suffixes[order], minlength=len(raw))
        return np.where(self.starts_sentence(order), raw, extensions)

    def last_in_suffix_order(self) -> tuple[int, ...]:
        """The rows of the n-grams that sort last when compared from their last word backwards.

        Words compare by first appearance, after `<unk>`, `<s>` and `</s>`. One row for each order, shortest
        first, up to the longest that exists. KenLM treats these in a way of its own.
        """
        rank = self.first_seen.copy()
        rank[[0, self.vocab_size, END_ID]] = -2, -1, 0  # ordinary words were first seen at 1 or later
        rows = [int(np.argmax(rank))]
        for k in range(2, self.order + 1):
            longer = np.flatnonzero(self.suffixes[k - 1] == rows[-1])
            if not len(longer):
                break
            first_words = self.trie.ngrams(k, longer)[:, 0]
            rows.append(int(longer[np.argmax(rank[first_words])]))
        return tuple(rows)


def counts_of_counts(counts: Ints) -> Ints:
    """How many n-grams were counted 0, 1, 2, 3 and 4 times, (5,).

    >>> counts_of_counts(np.array([1, 1, 2, 9])).tolist()
    [0, 2, 1, 0, 0]
    """
    return np.bincount(counts[counts < 5], minlength=5)


def _distinct(keys: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Distinct keys ascending, how often each occurs, the group of each input, an example of each group."""
    order = np.argsort(keys)
    ordered = keys[order]
    is_first = np.ones(len(keys), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_first)
    group = np.empty(len(keys), dtype=np.int64)
    group[order] = np.cumsum(is_first) - 1
    return ordered[starts], np.diff(starts, append=len(keys)), group, order[starts]


def _first_positions(words: Ints, size: int) -> Ints:
    first = np.full(size, -1, dtype=np.int64)
    # Of repeated indices numpy keeps the value assigned last: backwards, that is the first position.
    first[words[::-1]] = np.arange(len(words))[::-1]
    return first
