"""Adding up the counts of several texts: the windows of all are sorted together, part by part.

A part are the windows whose first two words lie in some stretch of the alphabet of ids, so that parts,
one after the other, give the tables of the whole; it is chosen to fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.counting import LARGEST, Counts, Windows, tables
from textkit.lm.stream import Ints
from textkit.lm.trie import END_ID, NgramTrie
from textkit.scratch import Column, Scratch, release

Counted = tuple[NgramTrie, Counts]
Bigram = tuple[int, int]


def merged(
    runs: Sequence[Counted], *, scratch: Scratch, jobs: int, largest: int = LARGEST
) -> tuple[NgramTrie, Counts]:
    """The trie and counts of all `runs`, of one order and vocabulary; no more than `largest` windows at once.

    More only where those of a single pair of words are more.
    """
    order, vocab_size = runs[0][0].order, runs[0][0].vocab_size
    unigrams = sum((raw[0].astype(np.int64) for _, raw in runs), np.zeros(vocab_size + 1, dtype=np.int64))
    if order == 1:
        return NgramTrie(vocab_size, runs[0][0].words, (), scratch), (unigrams,)
    largest = min(largest, LARGEST // order)  # their words are numbered in four bytes
    joined = _Joined(scratch, order, vocab_size)
    for begin, end in pairwise(_cuts(runs, largest)):
        windows = [_windows(run, begin, end) for run in runs]
        text = np.concatenate([*(text for text, _ in windows), np.full(2 * order, END_ID, dtype=np.int32)])
        weights = np.concatenate([weights for _, weights in windows])
        del windows
        part = Windows(text, len(weights), order, weights)
        joined.add(*tables(part, order=order, vocab_size=vocab_size, jobs=jobs))
        for trie, raw in runs:
            release(*trie.words, *trie.first, *raw)
    return joined.finish(unigrams)


def _cuts(runs: Sequence[Counted], largest: int) -> list[Bigram]:
    """Pairs of words between which there are about `largest` windows, from the first pair to the last."""
    vocab_size = runs[0][0].vocab_size
    sizes = sum((_window_counts(run, run[0].first[0]) for run in runs), np.zeros(vocab_size + 1, np.int64))
    cuts, room = [(0, 0)], largest
    for word in np.flatnonzero(sizes).tolist():
        if sizes[word] > room:
            if cuts[-1] != (word, 0):
                cuts.append((word, 0))
            room = largest
        if sizes[word] > room:
            second = np.zeros(vocab_size + 1, dtype=np.int64)
            for trie, raw in runs:
                rows = np.arange(trie.first[0][word], trie.first[0][word + 1] + 1)
                second[trie.words[1][rows[:-1]]] += _window_counts((trie, raw), rows)
            sums = np.cumsum(second)
            steps = np.searchsorted(sums, np.arange(largest, sums[-1], largest))
            cuts += [(word, other) for other in np.unique(steps).tolist() if other > 0]
            cuts.append((word + 1, 0))
            continue
        room -= sizes[word]
    cuts = [cut for cut in cuts if cut < (vocab_size + 1, 0)]
    return [*cuts, (vocab_size + 1, 0)]


def _window_counts(run: Counted, bounds: Ints) -> Ints:
    """How many windows, roughly, lie between `bounds`, rows of order 2."""
    trie, _ = run
    counts = np.zeros(len(bounds) - 1, dtype=np.int64)
    for k in range(2, trie.order):
        ended = np.concatenate([[0], np.cumsum(trie.words[k - 1] == END_ID)])
        counts += np.diff(ended[bounds])
        bounds = trie.first[k - 1][bounds]
        release(trie.words[k - 1], trie.first[k - 1])
    counts += np.diff(bounds)
    return counts


def _windows(run: Counted, begin: Bigram, end: Bigram) -> tuple[npt.NDArray[np.int32], npt.NDArray[Any]]:
    """The windows of `run` between two pairs of words, `order` words each or filled up with -1, flat.

    And how often each was: they are the n-grams that were not always continued, the longest ones and
    those at the ends of sentences.
    """
    trie, raw = run
    columns = [_row(trie, cut) for cut in (begin, end)]
    low, high = columns
    firsts = np.searchsorted(trie.first[0], np.arange(low, high), side="right") - 1
    known = np.stack([firsts.astype(np.int32), trie.words[1][low:high]], axis=1)  # the n-grams of order k
    texts, weights = [], []
    for k in range(2, trie.order + 1):
        own = raw[k - 1][low:high].astype(np.int64)
        if k < trie.order:
            first = trie.first[k - 1][low : high + 1]
            sums = np.concatenate([[0], np.cumsum(raw[k][first[0] : first[-1]], dtype=np.int64)])
            own -= np.diff(sums[first - first[0]])
        rows = np.flatnonzero(own > 0)
        windows = np.full((len(rows), trie.order), -1, dtype=np.int32)
        windows[:, :k] = known[rows]
        texts.append(windows.ravel())
        weights.append(own[rows] if own.max(initial=0) >= 2**31 else own[rows].astype(np.int32))
        if k < trie.order:
            low, high = int(first[0]), int(first[-1])
            known = np.repeat(known, np.diff(first), axis=0)
            known = np.concatenate([known, trie.words[k][low:high, None]], axis=1)
    return np.concatenate(texts), np.concatenate(weights)


def _row(trie: NgramTrie, cut: Bigram) -> int:
    """The first row of order 2 that does not come before a pair of words."""
    first, second = cut
    if first > trie.vocab_size:
        return trie.size(2)
    low, high = int(trie.first[0][first]), int(trie.first[0][first + 1])
    return low + int(np.searchsorted(trie.words[1][low:high], second))


class _Joined:
    """Tables that follow one another, put together."""

    def __init__(self, scratch: Scratch, order: int, vocab_size: int) -> None:
        self._scratch, self._vocab_size = scratch, vocab_size
        self._continuations = np.zeros(vocab_size + 1, dtype=np.int64)
        self._words: list[Column] = [scratch.column(np.int32) for _ in range(2, order + 1)]
        self._raw: list[Column] = [scratch.column(np.int64) for _ in range(2, order + 1)]
        self._first: list[Column] = [scratch.column(np.int64) for _ in range(2, order)]

    def add(self, trie: NgramTrie, raw: Counts) -> None:
        self._continuations += np.diff(trie.first[0])
        for column, first, longer in zip(self._first, trie.first[1:], self._words[1:], strict=True):
            column.append(first[:-1] + len(longer))
        for words, part in zip(self._words, trie.words[1:], strict=True):
            words.append(part)
        for counts, numbers in zip(self._raw, raw[1:], strict=True):
            counts.append(numbers)

    def finish(self, unigrams: Ints) -> tuple[NgramTrie, Counts]:
        firsts = [np.concatenate([[0], np.cumsum(self._continuations)])]
        for column, longer in zip(self._first, self._words[1:], strict=True):
            column.append(np.array([len(longer)]))
            firsts.append(column.finish())
        alone = np.arange(self._vocab_size + 1, dtype=np.int32)
        words = (alone, *(column.finish() for column in self._words))
        raw: tuple[npt.NDArray[Any], ...] = (unigrams, *(column.finish() for column in self._raw))
        return NgramTrie(self._vocab_size, words, tuple(firsts), self._scratch), raw


def parked(run: Counted, scratch: Scratch) -> Counted:
    """The same counts with their tables in `scratch`."""
    trie, raw = run
    words, first, counts = (
        tuple(_moved(array, scratch) for array in arrays) for arrays in (trie.words[1:], trie.first, raw)
    )
    return NgramTrie(trie.vocab_size, (trie.words[0], *words), first, scratch), counts


def _moved(array: npt.NDArray[Any], scratch: Scratch) -> npt.NDArray[Any]:
    column = scratch.column(array.dtype)
    column.append(array)
    return column.finish()


@dataclass(frozen=True)
class Plan:
    """How much is done at once, in windows."""

    text: int
    merge: int

    @staticmethod
    def of(memory: int | None, *, order: int) -> Plan:
        """As much as `memory` bytes hold; without, as much as can be sorted at once.

        A window of a text takes 16 bytes and, if all its n-grams are new, 16 for each order above 1; one
        that is read back from tables takes 60 more.
        """
        if memory is None:
            return Plan(LARGEST - 1, LARGEST - 1)
        one = 16 * order
        return Plan(max(memory // one, 1 << 16), max(memory // (one + 60 + 8 * order), 1 << 16))


def pieces(size: int, most: int) -> Iterator[tuple[int, int]]:
    """0 to `size` in pieces of `most`."""
    return ((begin, min(begin + most, size)) for begin in range(0, size, most))
