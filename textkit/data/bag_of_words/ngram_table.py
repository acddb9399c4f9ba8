"""The n-grams of one kind, found by a table that is exact, or by a hash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.alphabet import Alphabet, Symbols
from textkit.data.bag_of_words.documents import Part
from textkit.data.bag_of_words.tree import Tree
from textkit.errors import TextkitError

_FIRST_SLOTS = 1 << 11  # a power of two
_MOST = 1 << 30  # slots

Integers = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


class Found(NamedTuple):
    """The n-grams of K orders, shortest first, that begin at each of T symbols, (K, T); -1 for none.

    Line l has the symbols `bounds[l]` to `bounds[l+1]` - 1.
    """

    nodes: Integers
    bounds: Longs

    @staticmethod
    def nothing() -> Found:
        """Of a kind that is not wanted."""
        return Found(np.empty((0, 0), np.int32), np.zeros(1, np.int64))


class Kind(Protocol):
    """Finds the features of one kind, words or characters: nodes below `width` are features."""

    width: int
    highest: int

    def find(self, part: Part, /) -> Found:
        """The n-grams of a part."""
        ...


class NgramTable:
    """The n-grams of `lowest` to `highest` symbols of an alphabet, numbered in the order they were added.

    Nodes below `width` are the features; others are what longer ones extend, or not yet sorted out.
    """

    def __init__(self, alphabet: Alphabet, *, lowest: int, highest: int) -> None:
        self.alphabet = alphabet
        self.lowest, self.highest = lowest, highest
        self.width = self.size = 0
        self._first = np.zeros(0, np.int32)
        self._slots = np.zeros(2 * _FIRST_SLOTS, np.uint64)

    @staticmethod
    def of(tree: Tree, alphabet: Alphabet, *, lowest: int, highest: int, width: int) -> NgramTable:
        """The table of a tree's nodes, of which the first `width` are features."""
        from textkit.data.kernels.ngram_table import put_nodes

        table = NgramTable(alphabet, lowest=lowest, highest=highest)
        table.width, table.size = width, len(tree.parents)
        slots = _FIRST_SLOTS
        while _room(slots) < table.size:
            slots *= 2
        table._first = np.zeros(alphabet.size, np.int32)
        table._slots = np.zeros(2 * slots, np.uint64)
        put_nodes(tree.parents, tree.symbols, table._first, table._slots)
        return table

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrays may come as files mapped into memory, which cannot be written to."""
        self.__dict__.update(state)
        self._first = np.require(self._first, requirements="W")
        self._slots = np.require(self._slots, requirements="W")

    def add(self, part: Part) -> Found:
        """The n-grams of a part, new ones added. Raises TextkitError beyond 700 million."""
        symbols = self.alphabet.symbols(part, more=self.highest, adding=True)
        if self.alphabet.size > len(self._first):
            self._first = extended(self._first, max(self.alphabet.size, 2 * len(self._first)))
        return self._walk(symbols, adding=True)

    def find(self, part: Part) -> Found:
        """The n-grams of a part."""
        return self._walk(self.alphabet.symbols(part, more=self.highest, adding=False), adding=False)

    def tree(self) -> Tree:
        """All nodes."""
        from textkit.data.kernels.ngram_table import list_nodes

        tree = Tree(np.empty(self.size, np.int32), np.empty(self.size, np.int32))
        list_nodes(self._first, self._slots, tree.parents, tree.symbols)
        return tree

    def names(self) -> list[str]:
        """The features' names."""
        return self.tree().names(self.alphabet.texts(), separator=self.alphabet.separator)[: self.width]

    def ordered(self) -> Longs:
        """The nodes that may be features, of `lowest` symbols and more, in the order of their names."""
        tree = self.tree()
        long = np.zeros(self.size, np.bool_)
        for level in tree.levels()[self.lowest - 1 :]:
            long[level] = True
        order = tree.order(self.alphabet.ranks())
        return order[long[order]]

    def only(self, nodes: Longs) -> NgramTable:
        """A table whose features are `nodes`, in that order, and with no words but theirs."""
        tree, kept = self.tree(), np.zeros(self.size, np.bool_)
        kept[nodes] = True
        kept = tree.with_prefixes(kept)
        used = np.zeros(self.alphabet.size, np.bool_)
        used[tree.symbols[kept]] = True
        kept[nodes] = False
        nodes = np.concatenate((nodes, np.flatnonzero(kept)))
        width = len(nodes) - int(kept.sum())
        symbols = np.arange(self.alphabet.size)
        ranks = self.alphabet.ranks()
        codes = np.flatnonzero(used)
        codes = codes[np.argsort(ranks[codes])]
        if self.alphabet.separator:  # words are numbered anew, characters stay what they are
            symbols[codes] = np.arange(len(codes))
        alphabet = self.alphabet.only(codes)
        tree = tree.renumbered(nodes, symbols=symbols)
        return NgramTable.of(tree, alphabet, lowest=self.lowest, highest=self.highest, width=width)

    def _walk(self, symbols: Symbols, *, adding: bool) -> Found:
        from textkit.data.kernels.ngram_table import begin_ngrams, extend_ngrams

        stream, bounds = symbols
        nodes = np.empty((self.highest, int(bounds[-1])), np.int32)
        self.size = begin_ngrams(self._first, self.size, stream, adding, nodes[0])
        for order in range(2, self.highest + 1):
            done = 0
            while True:
                done, self.size = extend_ngrams(
                    self._slots, self.size, _room(len(self._slots) // 2), stream, order, adding,
                    nodes[order - 2], nodes[order - 1], done,
                )  # fmt: skip
                if done == nodes.shape[1]:
                    break
                self._grow()
        return Found(nodes[self.lowest - 1 :], bounds)

    def _grow(self) -> None:
        from textkit.data.kernels.ngram_table import move_slots

        if len(self._slots) // 2 >= _MOST:
            raise TextkitError(f"more than {_room(_MOST):,} different n-grams; use shorter ones, or buckets")
        slots = np.zeros(2 * len(self._slots), np.uint64)
        move_slots(self._slots, slots)
        self._slots = slots


class HashedNgrams:
    """N-grams whose features are numbers below `width`, taken from their hash: nothing is remembered."""

    def __init__(
        self, symbols: Callable[..., Symbols], *, lowest: int, highest: int, width: int, seed: int
    ) -> None:
        self.width = width
        self._symbols = symbols
        self.lowest, self.highest = lowest, highest
        self._seed = np.uint64(seed)

    def find(self, part: Part) -> Found:
        """The n-grams of a part."""
        from textkit.data.kernels.hashed_ngrams import hash_ngrams

        stream, bounds = self._symbols(part, more=self.highest)
        columns = np.empty((self.highest - self.lowest + 1, int(bounds[-1])), np.int32)
        hash_ngrams(stream, self._seed, self.lowest, self.width, columns)
        return Found(columns, bounds)


def extended(array: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    """The array with zeros after it, to so many rows."""
    longer = np.zeros((rows, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


def _room(slots: int) -> int:
    """How many nodes so many slots take: at two thirds a search is still short."""
    return slots * 2 // 3


def arrays_of(table: NgramTable, prefix: str) -> dict[str, npt.NDArray[Any]]:
    """A table for a file; names begin with `prefix`."""
    tree = table.tree()
    arrays: dict[str, npt.NDArray[Any]] = {"parents": tree.parents, "symbols": tree.symbols}
    arrays |= table.alphabet.arrays() | {"width": np.array([table.width], np.int64)}
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def table_of(
    arrays: Mapping[str, npt.NDArray[Any]],
    prefix: str,
    alphabet: Callable[[dict[str, npt.NDArray[Any]]], Alphabet],
    reach: tuple[int, int],
) -> NgramTable:
    """The table that `arrays_of` wrote. Raises KeyError or ValueError for arrays that are no table's."""
    mine = {
        name.removeprefix(f"{prefix}."): array
        for name, array in arrays.items()
        if name.startswith(f"{prefix}.")
    }
    tree = Tree(*(mine[name].astype(np.int32) for name in ("parents", "symbols")))
    letters, width = alphabet(mine), int(mine["width"][0])
    nodes = len(tree.parents)
    inside = nodes == 0 or (tree.parents.max() < nodes and tree.symbols.max() < letters.size)
    inside = inside and tree.parents.min(initial=0) >= -1 and tree.symbols.min(initial=0) >= 0
    if not (inside and len(tree.symbols) == nodes >= width >= 0 and len(tree.levels()) <= reach[1]):
        raise ValueError(f"the n-grams of {prefix} are damaged")
    first = tree.symbols[tree.parents < 0]
    if len(np.unique(first)) < len(first):
        raise ValueError(f"the n-grams of {prefix} are damaged: two are the same")
    return NgramTable.of(tree, letters, lowest=reach[0], highest=reach[1], width=width)
