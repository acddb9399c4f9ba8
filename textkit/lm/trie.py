"""The n-grams of every order as sorted integer keys: the one structure under counts and models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError
from textkit.lm.history import History
from textkit.lm.stream import Ints, Stream


@dataclass(frozen=True, eq=False)
class NgramTrie:
    """Orders 1 to n; an n-gram is known by its row in the table of its order.

    `keys[k-1]` (rows,) int64, ascending: key = prefix row * (V + 1) + last word, where the prefix is the
    n-gram less its last word, a row of order k-1. Order 1 has a row for each word id and, last, for
    `<s>`: V + 1 rows. The empty n-gram is the one row of order 0.

    >>> trie = NgramTrie(2, (np.arange(3), np.array([1, 7])))  # "</s> </s>" has the key 4, "<s> </s>" 7
    >>> trie.find(2, np.array([2, 1]), np.array([1, 1])).tolist()
    [1, -1]
    """

    vocab_size: int
    keys: tuple[Ints, ...]

    @property
    def order(self) -> int:
        """The length of the longest n-grams."""
        return len(self.keys)

    @property
    def base(self) -> int:
        """The number of word ids, `<s>` included: V + 1."""
        return self.vocab_size + 1

    def size(self, order: int) -> int:
        """Rows in the table of `order`; 1 for order 0."""
        return len(self.keys[order - 1]) if order else 1

    def prefixes(self, order: int) -> Ints:
        """For each n-gram the row, in order - 1, of all but its last word."""
        return self.keys[order - 1] // self.base

    def words(self, order: int) -> Ints:
        """For each n-gram its last word."""
        return self.keys[order - 1] % self.base

    def ngrams(self, order: int, rows: Ints) -> Ints:
        """The word ids of n-grams, (len(rows), order)."""
        columns = []
        for k in range(order, 0, -1):
            keys = self.keys[k - 1][rows]
            columns.append(keys % self.base)
            rows = keys // self.base
        return np.stack(columns[::-1], axis=1)

    def key(self, order: int, prefixes: Ints, words: Ints) -> Ints:
        """Keys of n-grams of `order`; raises InputError when there are too many for 63 bits."""
        if self.size(order - 1) * self.base >= 2**63:
            raise InputError(
                f"{self.size(order - 1)} {order - 1}-grams of {self.vocab_size} words are too many: the "
                f"{order}-grams cannot be numbered in 63 bits; use a lower order or a smaller vocabulary"
            )
        return prefixes * self.base + words

    def find(self, order: int, prefixes: Ints, words: Ints) -> Ints:
        """The rows of n-grams given by prefix row and last word; -1 where there is no such n-gram."""
        keys = self.keys[order - 1]
        if not len(keys):
            return np.full(len(words), -1, dtype=np.int64)
        wanted = self.key(order, prefixes, words)
        rows = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((prefixes >= 0) & (keys[rows] == wanted), rows, -1)

    def children(self, order: int, rows: Ints) -> tuple[Ints, Ints]:
        """The n-grams that continue those in `rows` of `order`: first and end row in order + 1."""
        keys = self.keys[order]
        return np.searchsorted(keys, rows * self.base), np.searchsorted(keys, (rows + 1) * self.base)

    def sum_by_prefix(self, order: int, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """The sums of `values`, one for each n-gram of `order`, over those with the same prefix.

        Counts summed so are exact up to 2**53.
        """
        sums = np.bincount(self.prefixes(order), weights=values, minlength=self.size(order - 1))
        return sums.astype(np.float64)  # of no n-grams at all, bincount makes integers

    def walk(self, stream: Stream) -> Iterator[Ints]:
        """For each order, 1 to n: the row of the n-gram that ends at each position, else -1."""
        rows = stream.words
        yield rows
        for order in range(2, self.order + 1):
            at = np.flatnonzero((stream.places[1:] >= order - 1) & (rows[:-1] >= 0)) + 1
            longer = np.full(len(rows), -1, dtype=np.int64)
            longer[at] = self.find(order, rows[at - 1], stream.words[at])
            rows = longer
            yield rows

    def advance(self, history: History, words: Ints, *, end: int) -> History:
        """The histories after reading one more word each, `words` (R,); `end` begins a new sentence."""
        ended = words == end
        newest = np.where(ended, self.vocab_size, words)
        rows = np.full_like(history.rows, -1)
        for k in range(self.order - 1, 1, -1):
            rows[:, k - 1] = np.where(ended, -1, self.find(k, history.rows[:, k - 2], newest))
        rows[:, :1] = newest[:, None]
        lengths = np.where(ended, 1, history.lengths + 1)
        return History(rows, np.minimum(lengths, self.order - 1))


def trie_of(vocab_size: int, higher: Sequence[Ints]) -> NgramTrie:
    """A trie from the keys of orders 2 and up; order 1 is every word."""
    return NgramTrie(vocab_size, (np.arange(vocab_size + 1), *higher))
