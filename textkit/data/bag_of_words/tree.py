"""N-grams as the nodes of a tree, each one symbol longer than its parent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Tree(NamedTuple):
    """The parent of each node, -1 for none, and its last symbol, (N,) each.

    >>> tree = Tree(np.array([-1, -1, 0], np.int32), np.array([7, 5, 5], np.int32))  # 7, 5, 7 5
    >>> [level.tolist() for level in tree.levels()], tree.order(np.arange(8)).tolist()
    ([[0, 1], [2]], [1, 0, 2])
    >>> tree.names(["x"] * 5 + ["a", "", "b"], separator=" ")
    ['b', 'a', 'b a']
    """

    parents: Integers
    symbols: Integers

    def levels(self) -> list[Longs]:
        """The nodes of one symbol, of two, and so on. Raises ValueError for parents in a circle."""
        levels = [np.flatnonzero(self.parents < 0)]
        longer = np.flatnonzero(self.parents >= 0)
        while len(longer):
            above = np.zeros(len(self.parents), np.bool_)
            above[levels[-1]] = True
            here = above[self.parents[longer]]
            if not here.any():
                raise ValueError("some nodes have no beginning")
            levels.append(longer[here])
            longer = longer[~here]
        return levels

    def order(self, ranks: Longs) -> Longs:
        """All nodes as a dictionary has them, symbols compared by `ranks`: each before what extends it."""
        levels, count = self.levels(), len(self.parents)
        sizes = np.ones(count, np.int64)  # of the tree below each node, itself included
        for level in levels[:0:-1]:
            np.add.at(sizes, self.parents[level], sizes[level])
        within, places = np.empty(count, np.int64), np.empty(count, np.int64)
        for depth, level in enumerate(levels):
            keys = ranks[self.symbols[level]]
            if depth:
                keys = keys + within[self.parents[level]] * len(ranks)
            ordered = level[np.argsort(keys)]
            within[ordered] = np.arange(len(ordered))
            before = np.cumsum(sizes[ordered]) - sizes[ordered]
            if depth:
                parents = self.parents[ordered]
                opens = np.append(True, parents[1:] != parents[:-1])[: len(parents)]
                before += places[parents] + 1 - np.maximum.accumulate(np.where(opens, before, 0))
            places[ordered] = before
        order = np.empty(count, np.int64)
        order[places] = np.arange(count)
        return order

    def with_prefixes(self, kept: Mask) -> Mask:
        """`kept` (N,) and all that they extend."""
        kept = kept.copy()
        for level in self.levels()[:0:-1]:
            kept[self.parents[level[kept[level]]]] = True
        return kept

    def renumbered(self, nodes: Longs, *, symbols: Longs) -> Tree:
        """Of `nodes` alone, in that order; symbols become `symbols[symbol]`. Their parents are among them."""
        numbers = np.full(len(self.parents) + 1, -1, np.int32)  # the last stands for no parent
        numbers[nodes] = np.arange(len(nodes))
        return Tree(numbers[self.parents[nodes]], symbols[self.symbols[nodes]].astype(np.int32))

    def names(self, texts: Sequence[str], *, separator: str) -> list[str]:
        """The text of each node, of the `texts` of symbols."""
        names = [texts[symbol] for symbol in self.symbols.tolist()]
        parents = self.parents.tolist()
        for level in self.levels()[1:]:
            for node in level.tolist():
                names[node] = f"{names[parents[node]]}{separator}{names[node]}"
        return names
