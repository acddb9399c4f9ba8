"""Looking up n-grams in the tables of a trie.

The children of row p of one order are the rows first[p] to first[p+1] - 1 of the next, whose `words`
ascend. A row of -1 is an n-gram that is not there, and has no children.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.prefetch import prefetch

Words = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
Links = npt.NDArray[np.signedinteger[Any]]

_LINEAR = 8  # rows that are looked through one by one
_AHEAD = 8  # histories: how early what is known of them is asked for


@compiled
def child(words: Words, low: int, high: int, word: int) -> int:
    """The row of `word` among the rows low to high - 1, or -1."""
    while high - low > _LINEAR:
        middle = (low + high) >> 1
        if words[middle] <= word:
            low = middle
        else:
            high = middle
    row = -1
    while low < high:
        if words[low] == word:
            row = low
        low += 1
    return row


@compiled
def find_rows(first: Rows, words: Words, prefixes: Rows, wanted: Words, rows: Rows) -> None:
    """The row of each n-gram given by the row of its prefix and its last word, -1 for none, in `rows`."""
    for i in range(prefixes.size):
        prefix = prefixes[i]
        rows[i] = -1 if prefix < 0 else child(words, first[prefix], first[prefix + 1], wanted[i])


@compiled
def link_suffixes(
    first: Rows, words: Words, links: Links, first_shorter: Rows, words_shorter: Words,
    begin: int, end: int, out: Links,
) -> None:  # fmt: skip
    """The rows of n-grams less their first word, of all children of the prefixes `begin` to `end` - 1.

    `first` leads from prefixes to their children, `words` are the children's; `links` are the rows of the
    prefixes less their first word, `first_shorter` and `words_shorter` lead on from those. Both lists of
    children ascend, so that each search begins where the one before it ended, with steps that double.
    """
    for prefix in range(begin, end):
        prefetch(first_shorter, links[min(prefix + 2 * _AHEAD, end - 1)])
        soon = links[min(prefix + _AHEAD, end - 1)]
        prefetch(words_shorter, first_shorter[max(soon, 0)])
        link = links[prefix]
        low, high = 0, 0
        if link >= 0:
            low, high = first_shorter[link], first_shorter[link + 1]
        for row in range(first[prefix], first[prefix + 1]):
            word = words[row]
            step = 1
            while low + step < high and words_shorter[low + step] <= word:
                low += step
                step <<= 1
            stop = min(low + step, high)
            while stop - low > 1:
                middle = (low + stop) >> 1
                if words_shorter[middle] <= word:
                    low = middle
                else:
                    stop = middle
            out[row] = low if low < high and words_shorter[low] == word else -1
