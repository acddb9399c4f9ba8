"""Rows of a sparse count matrix, written line by line from the n-grams that were found.

Nodes (K, T) are the n-grams of K orders that begin at each of T symbols, -1 for none; line l has those
from `bounds[l]` to `bounds[l+1]` - 1. There are two kinds of them, words and characters; a kind that is
not wanted has no orders (0, 0).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Nodes = npt.NDArray[np.int32]
Columns = npt.NDArray[np.int32]
Counts = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

_1, _32 = np.uint64(1), np.uint64(32)
_COUNT = np.uint64(0xFFFFFFFF)
_BYTE = np.uint64(255)
_FEW = 80  # entries that are quicker sorted one by one


@compiled
def _tally(
    nodes: Nodes, begin: int, end: int, seen: Nodes, totals: Longs, flip: np.int32, columns: Columns,
    counts: Counts, row: int, size: int,
) -> int:  # fmt: skip
    """Count the n-grams of a line's part into the row that began at `row`; returns the new size.

    `seen` (N, 2) has for each node the entry where it was put last, which may be another row's, and
    the number of lines that had it; it need never be cleared, since the entry says whether it is this node's.
    """
    for order in range(nodes.shape[0]):
        for t in range(begin, end):
            node = nodes[order, t]
            if node >= 0:
                entry, column = np.int64(seen[node, 0]), node ^ flip
                if row <= entry < size and columns[entry] == column:
                    counts[entry] += np.float32(1)
                else:
                    seen[node, 0] = size
                    seen[node, 1] += 1
                    columns[size] = column
                    counts[size] = 1
                    size += 1
                if totals.size > 0:
                    totals[node] += 1
    return size


@compiled
def tally_rows(
    words: Nodes, word_bounds: Longs, word_seen: Nodes, word_totals: Longs, characters: Nodes,
    character_bounds: Longs, character_seen: Nodes, character_totals: Longs, columns: Columns,
    counts: Counts, ends: Longs,
) -> None:  # fmt: skip
    """Each line's n-grams, each once, with their counts; `ends` (L,) is where each line's entries end.

    Columns are nodes, ~node for characters, in no order. Totals (N,) count all occurrences; they
    may be empty.
    """
    size = 0
    for line in range(ends.size):
        row = size
        if words.shape[0] > 0:
            begin, end = word_bounds[line], word_bounds[line + 1]
            size = _tally(words, begin, end, word_seen, word_totals, 0, columns, counts, row, size)
        if characters.shape[0] > 0:
            begin, end = character_bounds[line], character_bounds[line + 1]
            size = _tally(
                characters, begin, end, character_seen, character_totals, -1, columns, counts, row, size
            )
        ends[line] = size


@compiled
def _sort(keys: Keys, room: Keys, size: int, bits: int) -> None:
    """Sort by the bits above the lower 32, of which `bits` count: few by insertion, many by their bytes."""
    if size <= _FEW:
        for i in range(1, size):
            key, j = keys[i], i
            while j > 0 and keys[j - 1] > key:
                keys[j] = keys[j - 1]
                j -= 1
            keys[j] = key
    else:
        starts = room.size - 256  # the end of `room` counts
        shift = _32
        while shift < _32 + np.uint64(bits):
            for digit in range(256):
                room[starts + digit] = 0
            for i in range(size):
                room[starts + np.int64(keys[i] >> shift & _BYTE)] += _1
            before = np.uint64(0)
            for digit in range(256):
                count = room[starts + digit]
                room[starts + digit] = before
                before += count
            for i in range(size):
                place = starts + np.int64(keys[i] >> shift & _BYTE)
                room[room[place]] = keys[i]
                room[place] += _1
            for i in range(size):
                keys[i] = room[i]
            shift += np.uint64(8)


@compiled
def _write_row(keys: Keys, size: int, columns: Columns, counts: Counts, written: int) -> int:
    """Write sorted entries, the counts of equal columns added up; returns the new size."""
    before = np.int64(-1)
    for i in range(size):
        column = np.int64(keys[i] >> _32)
        count = np.float32(keys[i] & _COUNT)
        if column == before:
            counts[written - 1] += count
        else:
            columns[written] = column
            counts[written] = count
            written += 1
            before = column
    return written


@compiled
def finish_rows(
    columns: Columns, counts: Counts, offsets: Longs, words: Columns, characters: Columns, bits: int,
    keys: Keys, room: Keys,
) -> int:  # fmt: skip
    """Turn what `tally_rows` wrote into the final rows, in place; returns the number of entries.

    `words` and `characters` give each node's column, of `bits` bits, -1 for one that is left out. `keys`
    and `room` have a place for each entry of the longest row, `room` 256 more.
    """
    written, begin = 0, offsets[0]
    for row in range(offsets.size - 1):
        end, size = offsets[row + 1], 0
        for entry in range(begin, end):
            node = columns[entry]
            column = words[node] if node >= 0 else characters[~node]
            if column >= 0:
                keys[size] = np.uint64(column) << _32 | np.uint64(counts[entry])
                size += 1
        _sort(keys, room, size, bits)
        written = _write_row(keys, size, columns, counts, written)
        offsets[row + 1] = written
        begin = end
    return written


@compiled
def _gather(nodes: Nodes, begin: int, end: int, width: int, base: int, keys: Keys, size: int) -> int:
    for order in range(nodes.shape[0]):
        for t in range(begin, end):
            node = nodes[order, t]
            if 0 <= node < width:
                keys[size] = np.uint64(base + node) << _32 | _1
                size += 1
    return size


@compiled
def gather_rows(
    words: Nodes, word_bounds: Longs, word_width: int, characters: Nodes, character_bounds: Longs,
    character_width: int, base: int, bits: int, columns: Columns, counts: Counts, ends: Longs, seen: Longs,
    keys: Keys, room: Keys,
) -> None:  # fmt: skip
    """Final rows of nodes that are columns: those below their kind's width, `base` added to characters'.

    `ends` (L,) is where each row's entries end. `seen` (W,), unless it is empty, counts the lines that
    have each column.
    """
    written = 0
    for line in range(ends.size):
        row, size = written, 0
        if words.shape[0] > 0:
            size = _gather(words, word_bounds[line], word_bounds[line + 1], word_width, 0, keys, size)
        if characters.shape[0] > 0:
            begin, end = character_bounds[line], character_bounds[line + 1]
            size = _gather(characters, begin, end, character_width, base, keys, size)
        _sort(keys, room, size, bits)
        written = _write_row(keys, size, columns, counts, written)
        if seen.size > 0:
            for entry in range(row, written):
                seen[columns[entry]] += 1
        ends[line] = written
