"""Doing a part of the n-grams at a time: where to cut, and putting the tables of the parts together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.counts.windows import LARGEST, Counts, Windows, tables
from textkit.lm.stream import Ints
from textkit.lm.trie import END_ID, NgramTrie, Words, read_only
from textkit.scratch import Column, Scratch, pieces

Bigram = tuple[int, int]

_AT_ONCE = 1 << 22  # words of the text that are read before their memory is given back


def cuts(sizes: Ints, followers: Callable[[int], Ints], *, largest: int) -> tuple[list[Bigram], list[int]]:
    """Pairs of words, from the first beyond the last, and how many windows begin between each two.

    They are `largest` at most, unless those of a single pair are more. `sizes` (V+1,) is how many windows
    begin with each word, `followers` tells of a word how many have each second word.

    >>> cuts(np.array([2, 3, 9]), lambda word: np.array([4, 4, 1]), largest=5)
    ([(0, 0), (2, 0), (2, 1), (3, 0)], [5, 4, 5])
    """
    found, held = [(0, 0)], [0]

    def add(pair: Bigram, size: int) -> None:
        if held[-1] and held[-1] + size > largest:
            found.append(pair)
            held.append(0)
        held[-1] += size

    for word in np.flatnonzero(sizes).tolist():
        if sizes[word] <= largest:
            add((word, 0), int(sizes[word]))
            continue
        if held[-1]:
            found.append((word, 0))
            held.append(0)
        numbers = followers(word)
        for second in np.flatnonzero(numbers).tolist():
            add((word, second), int(numbers[second]))
    return [*found, (len(sizes), 0)], held


def in_parts(
    text: Words,
    size: int,
    *,
    order: int,
    vocab_size: int,
    jobs: int,
    most: int,
    scratch: Scratch,
    watch: Callable[[int], object],
) -> tuple[NgramTrie, Counts]:
    """The tables of a text's first `size` words, which may be mapped: the windows of `most` words at a time.

    Each part is gathered by reading the whole text, which costs little beside sorting: the windows that
    begin with some stretch of the words. So parts follow one another in the tables, and nothing has to be
    merged. `watch` is told how many windows are done.
    """
    from textkit.lm.kernels.windows import count_followers, count_words, gather_windows

    text = read_only(text)
    found = np.zeros(vocab_size + 2, dtype=np.int64)
    for piece in pieces(size, _AT_ONCE, text):
        count_words(text, np.empty(0, dtype=np.int32), 1, 0, *piece, found)
    unigrams = found[1:]
    if order == 1:
        watch(size)
        return NgramTrie.of(vocab_size, []), (unigrams,)

    def followers(word: int) -> Ints:
        sizes = np.zeros(vocab_size + 1, dtype=np.int64)
        for piece in pieces(size, _AT_ONCE, text):
            count_followers(text, word, *piece, sizes)
        return sizes

    joined, done = Joined(scratch, order, vocab_size), 0
    bounds, sizes = cuts(unigrams, followers, largest=min(most, LARGEST // order))
    for (begin, end), count in zip(pairwise(bounds), sizes, strict=True):
        windows = np.full((count + 2) * order, END_ID, dtype=np.int32)
        filled = 0
        for piece in pieces(size, _AT_ONCE, text):
            filled += gather_windows(text, *piece, order, *begin, *end, windows[filled:])
        part = Windows(windows, count, order, np.empty(0, dtype=np.int32))
        joined.add(*tables(part, order=order, vocab_size=vocab_size, jobs=jobs))
        del windows, part
        done += count
        watch(done)
    return joined.finish(unigrams)


class Joined:
    """Tables of n-grams that follow one another in the alphabet, put together."""

    def __init__(self, scratch: Scratch, order: int, vocab_size: int) -> None:
        self._scratch, self._vocab_size = scratch, vocab_size
        self._continuations = np.zeros(vocab_size + 1, dtype=np.int64)
        self._words: list[Column] = [scratch.column(np.int32) for _ in range(2, order + 1)]
        self._raw: list[Column] = [scratch.column(np.int64) for _ in range(2, order + 1)]
        self._first: list[Column] = [scratch.column(np.int64) for _ in range(2, order)]

    def add(self, trie: NgramTrie, raw: Counts) -> None:
        """The tables of the next n-grams."""
        self._continuations += np.diff(trie.first[0])
        for column, first, longer in zip(self._first, trie.first[1:], self._words[1:], strict=True):
            column.append(first[:-1] + len(longer))
        for words, part in zip(self._words, trie.words[1:], strict=True):
            words.append(part)
        for counts, numbers in zip(self._raw, raw[1:], strict=True):
            counts.append(numbers)

    def finish(self, unigrams: Ints) -> tuple[NgramTrie, Counts]:
        """All tables; `unigrams` are the counts of single words."""
        firsts = [np.concatenate([[0], np.cumsum(self._continuations)])]
        for column, longer in zip(self._first, self._words[1:], strict=True):
            column.append(np.array([len(longer)]))
            firsts.append(column.finish())
        alone = np.arange(self._vocab_size + 1, dtype=np.int32)
        words = (alone, *(column.finish() for column in self._words))
        raw: tuple[npt.NDArray[Any], ...] = (unigrams, *(column.finish() for column in self._raw))
        return NgramTrie(self._vocab_size, words, tuple(firsts), self._scratch), raw
