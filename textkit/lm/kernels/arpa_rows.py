"""Entries of an ARPA file, in any order, put into the rows of a trie by counting.

`order` (N,) lists the entries in the order in which to go through them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Words = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats32 = npt.NDArray[np.float32]


@compiled
def survey(ids: Words, begin: int) -> tuple[int, int]:
    """How many entries have a first word below that of the one before, and how many `begin` inside."""
    falls = 0
    inside = 0
    for i in range(ids.shape[0]):
        falls += i > 0 and ids[i, 0] < ids[i - 1, 0]
        found = False
        for j in range(1, ids.shape[1]):
            found |= ids[i, j] == begin
        inside += found
    return falls, inside


@compiled
def gather_columns(ids: Words, order: Longs, columns: Words) -> None:
    """The words of entries by their position, (k, N)."""
    for i in range(order.size):
        entry = order[i]
        for j in range(columns.shape[0]):
            columns[j, i] = ids[entry, j]


@compiled
def sort_entries(ids: Words, column: int, order: Longs, free: Longs, after: Longs) -> None:
    """`order` sorted by one column of `ids`, equal ones as they were, in `after`.

    `free` (words + 1,), zeros at first, is room to work in.
    """
    for i in range(order.size):
        free[ids[order[i], column] + 1] += 1
    for word in range(1, free.size):
        free[word] += free[word - 1]
    for i in range(order.size):
        entry = order[i]
        word = ids[entry, column]
        after[free[word]] = entry
        free[word] += 1


@compiled
def place_entries(
    order: Longs, prefixes: Longs, last: Words, logs: Floats32, free: Longs,
    words: Words, probs: Floats32, backoffs: Floats32, entries: Longs,
) -> int:  # fmt: skip
    """Put entries into rows: those of each prefix together, otherwise in `order`.

    `prefixes` (N,) are the rows of the prefixes of the entries in `order`, `last` (N,) their last words,
    `logs` (N, 2) the logarithms, by entry; `free` is where the rows of each prefix begin, and is used up.
    `words`, `probs`, `backoffs` (N,) and, if not empty, `entries` receive what stands in each row.
    Returns the number of rows whose word is not above the one before it under the same prefix.
    """
    for i in range(order.size):
        entry, prefix = order[i], prefixes[i]
        row = free[prefix]
        free[prefix] = row + 1
        words[row] = last[i]
        probs[row] = logs[entry, 0]
        if backoffs.size:
            backoffs[row] = logs[entry, 1]
        if entries.size:
            entries[row] = entry
    falls = 0
    row = 0
    for prefix in range(free.size):
        end = free[prefix]
        row += 1
        while row < end:
            falls += words[row] <= words[row - 1]
            row += 1
        row = end
    return falls


@compiled
def find_twin(words: Words, first: Longs) -> int:
    """The first row whose word is that of the row before it under the same prefix, or -1."""
    twin = -1
    for prefix in range(first.size - 1):
        for row in range(first[prefix] + 1, first[prefix + 1]):
            if twin < 0 and words[row] == words[row - 1]:
                twin = row
    return twin
