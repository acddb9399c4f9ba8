"""The entries of one order of an ARPA file, in any order, become one more order of a trie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from textkit.engine import map_blocks
from textkit.engine.engine import Engine
from textkit.errors import InputError
from textkit.lm.ngram.log_table import Floats32
from textkit.lm.stream import Ints
from textkit.lm.trie import NgramTrie, Words

_CHUNK = 1 << 16  # entries whose prefixes are looked up at once


@dataclass(frozen=True, eq=False)
class Section:
    """The entries of one order: word ids (N, k), decimal logarithms (N, 2), the first entry's line."""

    path: Path
    first_line: int
    ids: Words
    logs: Floats32

    def fail(self, message: str, entry: int) -> NoReturn:
        """Raise the error for the line of an entry."""
        raise InputError(f"{self.path}:{self.first_line + entry}: {message}")


@dataclass(frozen=True, eq=False)
class Order:
    """A trie that is one order longer, and the logarithms of its new rows; `dropped` could not be reached."""

    trie: NgramTrie
    log_prob: Floats32
    log_backoff: Floats32
    dropped: int


def grown(trie: NgramTrie, section: Section, *, longest: bool, engine: Engine) -> Order:
    """The trie with the entries of a section as its longest n-grams; the `longest` have no weights.

    Raises InputError, with the line, for entries whose prefix is not in the trie, and for twins.
    """
    from textkit.lm.kernels.arpa_rows import find_twin, place_entries, survey

    ids, order = section.ids, trie.order + 1
    falls, inside = survey(ids, trie.vocab_size)
    reachable = np.arange(len(ids))
    if inside:
        reachable = np.flatnonzero((ids[:, 1:] != trie.vocab_size).all(axis=1))
    # Entries by their first word: what is looked up for them lies together. Most files need no more.
    entries = _sorted(trie, ids, 0, reachable) if falls else reachable
    prefixes, last = _rows(trie, section, entries, engine=engine)
    first = np.zeros(trie.size(order - 1) + 1, np.int64)
    np.cumsum(np.bincount(prefixes, minlength=len(first) - 1), out=first[1:])
    words = np.empty(len(entries), np.int32)
    probs, backoffs = np.empty(len(words), np.float32), np.empty(0 if longest else len(words), np.float32)
    placed = np.empty(0, np.int64)
    for attempt in range(2):
        if attempt:
            entries = _sorted(trie, ids, 0, _sorted(trie, ids, order - 1, reachable))
            prefixes, last = _rows(trie, section, entries, engine=engine)
            placed = np.empty(len(words), np.int64)
        free = first[:-1].copy()
        if not place_entries(entries, prefixes, last, section.logs, free, words, probs, backoffs, placed):
            break
    else:
        section.fail(f"this {order}-gram stands twice", int(placed[find_twin(words, first)]))
    longer = NgramTrie(trie.vocab_size, (*trie.words, words), (*trie.first, first))
    return Order(longer, probs, backoffs, len(ids) - len(words))


def _sorted(trie: NgramTrie, ids: Words, column: int, entries: Ints) -> Ints:
    """Entries by one of their words, those with the same as they were."""
    from textkit.lm.kernels.arpa_rows import sort_entries

    after = np.empty_like(entries)
    sort_entries(ids, column, entries, np.zeros(trie.base + 1, np.int64), after)
    return after


def _rows(trie: NgramTrie, section: Section, entries: Ints, *, engine: Engine) -> tuple[Ints, Words]:
    """For each entry the row, in the longest order of the trie, of all but its last word; and that word."""
    from textkit.lm.kernels.arpa_rows import gather_columns

    def look_up(begin: int) -> tuple[Ints, Words]:
        piece = entries[begin : begin + _CHUNK]
        columns = np.empty((trie.order + 1, len(piece)), np.int32)
        gather_columns(section.ids, piece, columns)
        rows = columns[0].astype(np.int64)
        for k in range(2, trie.order + 1):
            rows = trie.find(k, rows, columns[k - 1])
        return rows, columns[-1]

    prefixes, last = np.empty(len(entries), np.int64), np.empty(len(entries), np.int32)
    begins = range(0, len(entries), _CHUNK)
    for begin, found in zip(begins, map_blocks(look_up, begins, engine=engine), strict=True):
        piece = slice(begin, begin + _CHUNK)
        prefixes[piece], last[piece] = found
    if len(lost := np.flatnonzero(prefixes < 0)):
        which = f"the first {trie.order} words of this entry are not among the {trie.order}-grams"
        section.fail(which, int(entries[lost].min()))
    return prefixes, last
