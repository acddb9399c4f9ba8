"""Adding up the counts of several texts: the windows of all are sorted together, part by part.

A part are the windows whose first two words lie in some stretch of the alphabet of ids, so that parts,
one after the other, give the tables of the whole; it is chosen to fit into memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.counts.parts import Bigram, Joined, cuts
from textkit.lm.counts.windows import LARGEST, Counts, Windows, tables
from textkit.lm.stream import Ints
from textkit.lm.trie import END_ID, NgramTrie
from textkit.scratch import Scratch, release

Counted = tuple[NgramTrie, Counts]


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
    joined = Joined(scratch, order, vocab_size)
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
    """Where to cut so that there are about `largest` windows between."""
    vocab_size = runs[0][0].vocab_size

    def followers(word: int) -> Ints:
        sizes = np.zeros(vocab_size + 1, dtype=np.int64)
        for trie, raw in runs:
            rows = np.arange(trie.first[0][word], trie.first[0][word + 1] + 1)
            sizes[trie.words[1][rows[:-1]]] += _window_counts((trie, raw), rows)
        return sizes

    sizes = sum((_window_counts(run, run[0].first[0]) for run in runs), np.zeros(vocab_size + 1, np.int64))
    return cuts(sizes, followers, largest=largest)[0]


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
    low, high = _row(trie, begin), _row(trie, end)
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
