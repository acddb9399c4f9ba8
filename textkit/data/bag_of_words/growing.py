"""Counting all n-grams of a stream of texts, to choose the features from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.counts import Counts, Rows
from textkit.data.bag_of_words.documents import Part
from textkit.data.bag_of_words.fitted import Fitted, sorting_room
from textkit.data.bag_of_words.ngram_table import Found, NgramTable, extended

Longs = npt.NDArray[np.int64]
Integers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

_NONE = np.empty(0, np.int64)

Choose = Callable[[Longs, Longs, int], Mask]
"""Which features are kept, of how many texts have each, how often each occurs, how many texts there are."""


class Seen:
    """The n-grams of one kind and, for each, how many lines had it, and how often it occurred in all."""

    def __init__(self, table: NgramTable, *, totals: bool) -> None:
        self.table = table
        self.lines = np.zeros((0, 2), np.int32)
        self.totals = np.zeros(0, np.int64)
        self._total = totals

    @staticmethod
    def of(table: NgramTable, lines: Longs) -> Seen:
        """The features of a table, which so many lines had."""
        seen = Seen(table, totals=False)
        seen.lines = np.zeros((table.size, 2), np.int32)
        seen.lines[: len(lines), 1] = lines
        return seen

    def add(self, part: Part) -> Found:
        """The n-grams of a part; there is room to count each."""
        found = self.table.add(part)
        if self.table.size > len(self.lines):
            size = max(self.table.size, len(self.lines) * 5 // 4)
            self.lines = extended(self.lines, size)
            if self._total:
                self.totals = extended(self.totals, size)
        return found

    def totals_of(self, nodes: Longs) -> Longs:
        """How often each of some n-grams occurred; 0 where that was not wanted."""
        return self.totals[nodes] if self._total else np.zeros(len(nodes), np.int64)


class Growing:
    """All n-grams of the texts so far, of words, of characters, or of both."""

    def __init__(self, words: Seen | None, characters: Seen | None, *, documents: int = 0) -> None:
        self._kinds = (words, characters)
        self._documents = documents

    def add(self, parts: Iterable[Part], *, rows: Rows | None = None) -> None:
        """Count the texts; `rows` receives them as `tally_rows` writes them."""
        from textkit.data.kernels.count_rows import tally_rows

        for part in parts:
            both = [(Found.nothing() if kind is None else kind.add(part)) for kind in self._kinds]
            words, characters = (
                (*found, np.zeros((0, 2), np.int32), np.zeros(0, np.int64)) if kind is None
                else (*found, kind.lines, kind.totals)
                for kind, found in zip(self._kinds, both, strict=True)
            )  # fmt: skip
            ends = np.empty(len(part), np.int64)
            into = Rows() if rows is None else rows
            columns, counts = into.room(sum(found.nodes.size for found in both))
            tally_rows(*words, *characters, columns, counts, ends)
            del columns, counts
            into.close(ends)
            self._documents += len(part)

    def fitted(self, choose: Choose) -> tuple[Fitted, tuple[Integers, Integers]]:
        """The features that `choose` keeps, and for each kind the column of each node, -1 for none."""
        orders = [_NONE if kind is None else kind.table.ordered() for kind in self._kinds]
        both = list(zip(self._kinds, orders, strict=True))
        lines = np.concatenate([_NONE if kind is None else kind.lines[order, 1] for kind, order in both])
        totals = np.concatenate([_NONE if kind is None else kind.totals_of(order) for kind, order in both])
        kept = choose(lines, totals, self._documents)
        tables: list[NgramTable | None] = []
        columns, base, begin = [], 0, 0
        for kind, order in both:
            nodes = order[kept[begin : begin + len(order)]]
            begin += len(order)
            tables.append(None if kind is None else kind.table.only(nodes))
            columns.append(np.full(0 if kind is None else kind.table.size, -1, np.int32))
            columns[-1][nodes] = np.arange(base, base + len(nodes))
            base += len(nodes)
        frequency, complete = lines[kept].astype(np.int64), bool(kept.all())
        fitted = Fitted(tables[0], tables[1], frequency, self._documents, complete=complete)
        return fitted, (columns[0], columns[1])

    @staticmethod
    def finish(rows: Rows, columns: tuple[Integers, Integers], *, width: int) -> Counts:
        """The matrix of the rows that `add` was given."""
        from textkit.data.kernels.count_rows import finish_rows

        offsets = rows.offsets()
        most = int(np.diff(offsets).max(initial=0))
        room = sorting_room(most)
        finish_rows(rows.columns, rows.counts, offsets, *columns, width.bit_length(), *room)
        return rows.finish(offsets, width=width)
