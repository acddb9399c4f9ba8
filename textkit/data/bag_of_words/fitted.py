"""The features of an index: counting them in texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.counts import Counts, Rows
from textkit.data.bag_of_words.documents import Part
from textkit.data.bag_of_words.ngram_table import Found, Kind, NgramTable

Longs = npt.NDArray[np.int64]

_COUNTED = 256  # places that sorting needs besides


@dataclass(eq=False)
class Fitted:
    """Features of words, then of characters; None for a kind that is not wanted.

    `document_frequency` (W,) is how many of `documents` texts have each feature; `complete` says
    whether all that was seen is a feature. With `shared` columns, of hashed features, both kinds count into
    the same ones.
    """

    words: Kind | None
    characters: Kind | None
    document_frequency: Longs
    documents: int
    complete: bool = True
    shared: bool = False

    @property
    def base(self) -> int:
        """The first column of characters."""
        return 0 if self.shared or self.words is None else self.words.width

    def kinds(self) -> npt.NDArray[np.int8]:
        """0 for words, 1 for characters, (W,)."""
        kinds = np.zeros(len(self.document_frequency), np.int8)
        kinds[self.base if self.characters is not None else len(kinds) :] = 1
        return kinds

    def names(self) -> list[str]:
        """The text of each feature."""
        return [
            name
            for kind in (self.words, self.characters)
            if isinstance(kind, NgramTable)
            for name in kind.names()
        ]

    def count(self, parts: Iterable[Part], *, seen: Longs | None = None) -> Counts:
        """The features of all texts, in order; `seen` (W,) receives how many texts have each."""
        from textkit.data.kernels.count_rows import gather_rows

        rows, width = Rows(), len(self.document_frequency)
        seen = np.empty(0, np.int64) if seen is None else seen
        for part in parts:
            words, characters = found(self.words, part), found(self.characters, part)
            ends = np.empty(len(part), np.int64)
            columns, counts = rows.room(words.nodes.size + characters.nodes.size)
            gather_rows(
                *words, width_of(self.words), *characters, width_of(self.characters), self.base,
                width.bit_length(), columns, counts, ends, seen, *sorting_room(longest(words, characters)),
            )  # fmt: skip
            del columns, counts
            rows.close(ends)
        return rows.finish(rows.offsets(), width=width)


def found(kind: Kind | None, part: Part) -> Found:
    """The n-grams of a kind, which may be none."""
    return Found.nothing() if kind is None else kind.find(part)


def width_of(kind: Kind | None) -> int:
    """The number of features of a kind, which may be none."""
    return 0 if kind is None else kind.width


def longest(words: Found, characters: Found) -> int:
    """The most n-grams that a line has."""
    most = [len(each.nodes) * int(np.diff(each.bounds).max(initial=0)) for each in (words, characters)]
    return sum(most)


def sorting_room(entries: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """What the loops need to sort a row of so many entries."""
    return np.empty(entries, np.uint64), np.empty(entries + _COUNTED, np.uint64)
