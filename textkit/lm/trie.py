"""The n-grams of every order as a trie: the one structure under counts and models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from textkit.lm.history import History
from textkit.lm.stream import Ints, Stream
from textkit.lm.threads import default_jobs, each
from textkit.scratch import IN_MEMORY, Scratch, release

BEGIN = "<s>"  # how it is written: it stands in histories, never in a vocabulary
LONGEST = 30  # words of an n-gram that a state can hold
END_ID = 1  # "</s>" in every language model's vocabulary

Words: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class NgramTrie:
    """Orders 1 to n; an n-gram is known by its row in the table of its order.

    `words[k-1]` (rows,) int32: the last words of the n-grams of order k, which are sorted by the row of
    their prefix, the n-gram less its last word, and then by that word. `first[k-1]` (rows + 1,) int64, for
    k below n: row r of order k is the prefix of rows first[r] to first[r+1] - 1 of order k+1, its children.
    Order 1 has a row for each word id and, last, for `<s>`: V + 1 rows. The empty n-gram is the one row of
    order 0.

    >>> trie = NgramTrie.of(2, [(np.array([1, 2]), np.array([1, 1]))])  # "</s> </s>", "<s> </s>"
    >>> trie.first[0].tolist(), trie.find(2, np.array([2, 0]), np.array([1, 1])).tolist()
    ([0, 0, 1, 2], [1, -1])
    """

    vocab_size: int
    words: tuple[Words, ...]
    first: tuple[Ints, ...]
    scratch: Scratch = IN_MEMORY  # where what is found out about the n-grams is kept

    @staticmethod
    def of(vocab_size: int, higher: Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]]) -> NgramTrie:
        """A trie from the prefix rows and last words of orders 2 and up, sorted by both."""
        words = [np.arange(vocab_size + 1, dtype=np.int32)]
        first = []
        for prefixes, last in higher:
            sizes = np.bincount(prefixes, minlength=len(words[-1]))
            first.append(np.concatenate([[0], np.cumsum(sizes)]))
            words.append(np.ascontiguousarray(last, dtype=np.int32))
        return NgramTrie(vocab_size, tuple(words), tuple(first))

    @property
    def order(self) -> int:
        """The length of the longest n-grams."""
        return len(self.words)

    @property
    def base(self) -> int:
        """The number of word ids, `<s>` included: V + 1."""
        return self.vocab_size + 1

    def size(self, order: int) -> int:
        """Rows in the table of `order`; 1 for order 0."""
        return len(self.words[order - 1]) if order else 1

    def prefixes(self, order: int) -> Ints:
        """For each n-gram the row, in order - 1, of all but its last word."""
        if order == 1:
            return np.zeros(self.base, dtype=np.int64)
        first = self.first[order - 2]
        return np.repeat(np.arange(len(first) - 1), np.diff(first))

    def prefix_of(self, order: int, rows: Ints) -> Ints:
        """The same for some n-grams."""
        if order == 1:
            return np.zeros(len(rows), dtype=np.int64)
        return np.searchsorted(self.first[order - 2], rows, side="right") - 1

    def ngrams(self, order: int, rows: Ints) -> Ints:
        """The word ids of n-grams, (len(rows), order)."""
        columns = []
        for k in range(order, 0, -1):
            columns.append(self.words[k - 1][rows].astype(np.int64))
            rows = self.prefix_of(k, rows)
        return np.stack(columns[::-1], axis=1)

    def begins(self, order: int) -> int:
        """The first row of `order` whose n-gram begins with `<s>`; all after it do too."""
        row = self.vocab_size
        for first in self.first[: order - 1]:
            row = int(first[row])
        return row

    def find(self, order: int, prefixes: npt.NDArray[Any], words: npt.NDArray[Any]) -> Ints:
        """The rows of n-grams given by prefix row (-1: not there) and last word; -1 for no such n-gram."""
        from textkit.lm.kernels.trie import find_rows

        if order == 1:
            return np.where(prefixes >= 0, words, -1).astype(np.int64)
        rows = np.empty(len(words), dtype=np.int64)
        wanted = np.asarray(words, dtype=np.int32)
        find_rows(*self._table(order), np.asarray(prefixes, dtype=np.int64), wanted, rows)
        return rows

    @cached_property
    def suffixes(self) -> tuple[npt.NDArray[Any], ...]:
        """For each order the row, one order lower, of each n-gram less its first word; -1 if it lacks.

        Zeros at order 1. 4 bytes an n-gram (8 beyond 2**31 rows), kept once they were asked for.
        """
        links: list[npt.NDArray[Any]] = []
        for k in range(1, self.order + 1):
            links.append(self.link(k, links[-1] if links else np.empty(0, dtype=np.int32)))
        return tuple(links)

    def link(self, order: int, shorter: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """`suffixes` of one order, from those of the order below: for who cannot keep them all."""
        from textkit.lm.kernels.trie import link_suffixes

        if order == 1:
            return np.zeros(self.base, dtype=np.int32)
        if order == 2:
            return self.words[1]
        jobs = default_jobs()
        out = self.scratch.empty(self.size(order), np.int32 if self.size(order - 1) < 2**31 else np.int64)
        tables = (*self._table(order), read_only(shorter), *self._table(order - 1))
        parts = ((*tables, *cut, plain(out)) for cut in self.cuts(order - 1, 8 * jobs))
        each(link_suffixes, parts, jobs=jobs, after=partial(release, *tables, out))
        return out

    def cuts(self, order: int, parts: int) -> list[tuple[int, int]]:
        """The rows of `order` in parts that have about as many children each."""
        first = self.first[order - 1] if order else np.array([0, self.base])
        wanted = np.linspace(0, first[-1], parts + 1)[1:-1].astype(
            np.int64
        )  # or all of first would be converted
        bounds = np.searchsorted(first, wanted).tolist()
        return list(pairwise([0, *bounds, len(first) - 1]))

    def _table(self, order: int) -> tuple[Ints, Words]:
        """Where the children of each row of order - 1 begin, and their words, as compiled code takes them."""
        return read_only(self.first[order - 2]), read_only(self.words[order - 1])

    def children(self, order: int, rows: Ints) -> tuple[Ints, Ints]:
        """The n-grams that continue those in `rows` of `order`: first and end row in order + 1."""
        first = self.first[order - 1]
        return first[rows], first[rows + 1]

    def sum_by_prefix(self, order: int, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """The sums of `values`, one for each n-gram of `order`, over those with the same prefix.

        Counts summed so are exact up to 2**53.
        """
        if order == 1:
            return np.array([values.sum(dtype=np.float64)])
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


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A plain read-only view: functions are compiled anew for what can be written to."""
    view = plain(array)
    view.flags.writeable = False
    return view


def plain(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view that does not show whether the array is mapped."""
    return array.view(np.ndarray)
