"""From the windows of a text to the tables of its n-grams, by several threads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError
from textkit.lm.stream import Ints
from textkit.lm.threads import each
from textkit.lm.trie import NgramTrie, Words

_TASKS = 16  # a thread: parts that are sorted one by one, so that the threads end together
LARGEST = 2**31 - 64  # windows that are sorted at once: their places are kept in four bytes

Counts = tuple[npt.NDArray[Any], ...]


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of `order` words each, or fewer at the end of a sentence: what is counted.

    One begins at each multiple of `stride` in `text` (int32 ids, V for `<s>`), `count` in all, each counted
    once, or `weights` (count,) times. A window ends after `</s>`, or before -1. `text` has at least
    `order` more words than the last window needs.
    """

    text: Words
    count: int
    stride: int
    weights: npt.NDArray[Any]

    @staticmethod
    def of_text(text: Words, count: int) -> Windows:
        """One window from each of the first `count` words."""
        return Windows(text, count, 1, np.empty(0, dtype=np.int32))


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Sorted windows: their `places`; how many words each shares with the one before, and has.

    `bounds` cut them into parts, only between different first words; `sizes` (parts, n+2) are the n-grams
    of each order in each part; `unigrams` (V+1,) how many windows begin with each word.
    """

    places: Words
    shared: npt.NDArray[np.uint8]
    lengths: npt.NDArray[np.uint8]
    bounds: list[int]
    sizes: Ints
    unigrams: Ints

    def parts(self) -> list[tuple[int, int, int]]:
        """Number, begin and end of each part."""
        return [(part, begin, end) for part, (begin, end) in enumerate(pairwise(self.bounds))]


def tables(windows: Windows, *, order: int, vocab_size: int, jobs: int) -> tuple[NgramTrie, Counts]:
    """The trie of all n-grams of orders 1 to `order`, and how often each was there.

    Two passes of a counting sort, by the second word and by the first; then the windows of each pair of
    words are sorted by as many more words as fit into 64 bits; then one pass writes the tables. Takes 10
    bytes a window beside the text and the tables. Raises InputError for 2**31 windows and more.
    """
    if windows.count >= LARGEST:
        raise InputError(f"{windows.count:,} words are too many to be sorted at once; give a memory bound")
    found = _sort(windows, order=order, vocab_size=vocab_size, jobs=jobs)
    return _filled(windows, found, order=order, vocab_size=vocab_size, jobs=jobs)


def _by_two_words(windows: Windows, *, order: int, vocab_size: int, jobs: int) -> tuple[Ints, Words]:
    """Where the windows of each first word begin, (V+2,), and the places of all, sorted by two words."""
    from textkit.lm.kernels.windows import count_words, place_words

    source = np.empty(0, dtype=np.int32)
    totals = np.zeros(vocab_size + 2, dtype=np.int64)  # of -1 and each word
    cuts = np.linspace(0, windows.count, jobs + 1).astype(np.int64).tolist()
    for shift in (1, 0) if order > 1 else (0,):
        free = np.zeros((jobs, len(totals)), dtype=np.int64)
        places = np.empty(windows.count, dtype=np.int32)
        common = (windows.text, source, windows.stride, shift)
        parts = [(*common, *cut, free[part]) for part, cut in enumerate(pairwise(cuts))]
        each(count_words, parts, jobs=jobs)
        totals = free.sum(axis=0)
        free[:] = np.cumsum(totals) - totals + np.cumsum(free, axis=0) - free
        each(place_words, ((*part, places) for part in parts), jobs=jobs)
        source = places
    return np.cumsum(totals), source


def _sort(windows: Windows, *, order: int, vocab_size: int, jobs: int) -> _Sorted:
    from textkit.lm.kernels.windows import sort_windows

    ends, places = _by_two_words(windows, order=order, vocab_size=vocab_size, jobs=jobs)
    wanted = np.linspace(0, windows.count, _TASKS * jobs + 1).astype(np.int64)
    bounds = np.unique(np.concatenate([[0], ends[np.searchsorted(ends, wanted[1:-1])], ends[-1:]])).tolist()
    bits = (vocab_size + 2).bit_length()
    shared, lengths = np.empty(windows.count, dtype=np.uint8), np.empty(windows.count, dtype=np.uint8)
    sizes = np.zeros((len(bounds) - 1, order + 2), dtype=np.int64)
    found = _Sorted(places, shared, lengths, bounds, sizes, np.diff(ends))

    def finish(part: int, begin: int, end: int) -> None:
        keys, stack = np.empty(end - begin, dtype=np.uint64), np.empty(128, dtype=np.int64)
        room = (keys, stack, shared, lengths, sizes[part])
        sort_windows(windows.text, places, begin, end, order, bits, 64 // bits, *room)

    each(finish, found.parts(), jobs=jobs)
    return found


def _filled(
    windows: Windows, found: _Sorted, *, order: int, vocab_size: int, jobs: int
) -> tuple[NgramTrie, Counts]:
    """The tables of sorted windows; those of orders 2 and up are parts of the same large arrays."""
    from textkit.lm.kernels.windows import fill_tables, sum_words

    totals = found.sizes.sum(axis=0)
    rows = np.cumsum(found.sizes, axis=0) - found.sizes
    bases = np.zeros(order + 2, dtype=np.int64)
    bases[3:] = np.cumsum(totals[2:-1])
    words = np.empty(totals.sum(), dtype=np.int32)
    most = windows.weights.sum(dtype=np.int64)
    raw = np.empty(totals.sum(), dtype=np.int32 if most < 2**31 else np.int64)
    first = np.empty(bases[order] + max(order - 2, 0), dtype=np.int64)
    continuations = np.zeros(vocab_size + 1, dtype=np.int64)
    text = (windows.text, found.places, found.shared, found.lengths, windows.weights, windows.stride)
    each(
        lambda part, begin, end: fill_tables(
            *text, begin, end, order, bases, rows[part], continuations, words, raw, first
        ),
        found.parts(),
        jobs=jobs,
    )
    unigrams = found.unigrams
    if windows.weights.size:
        unigrams = np.zeros_like(unigrams)
        sum_words(windows.text, windows.stride, windows.weights, unigrams)
    spans = [slice(bases[k], bases[k] + totals[k]) for k in range(2, order + 1)]
    firsts = [np.concatenate([[0], np.cumsum(continuations)])] if order > 1 else []
    for k in range(2, order):
        firsts.append(first[bases[k] + k - 2 : bases[k] + k - 1 + totals[k]])
        firsts[-1][-1] = totals[k + 1]
    alone = np.arange(vocab_size + 1, dtype=np.int32)
    trie = NgramTrie(vocab_size, (alone, *(words[span] for span in spans)), tuple(firsts))
    counts = (unigrams, *(raw[span] for span in spans))
    _add_up(trie, counts, jobs=jobs)
    return trie, counts


def _add_up(trie: NgramTrie, counts: Counts, *, jobs: int) -> None:
    """Give the counts of the longer n-grams to the shorter ones that they begin with."""
    from textkit.lm.kernels.windows import add_up

    for k in range(trie.order - 1, 1, -1):
        parts = ((trie.first[k - 1], counts[k], counts[k - 1], *cut) for cut in trie.cuts(k, 8 * jobs))
        each(add_up, parts, jobs=jobs)
