"""Sorting every window of n words of a text, and building the tables of its n-grams from that.

A window begins at a place of the text and holds up to n words; it ends after `</s>`, or before -1. Sorted
windows are the text's n-grams of all orders at once: where neighbours share k words, they share their
n-grams up to order k. `places` are sorted; `shared` says how many words a window shares with the one
before it, n if they are the same window; `lengths` how many words it has.

The tables of orders 2 to n lie one after the other in flat arrays: row r of order k is `bases[k] + r` of
`words` and `raw`, and `bases[k] + r + k - 2` of `first`, which has one entry more an order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled, inlined
from textkit.text.kernels.prefetch import prefetch

Words = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.uint64]

_END = 1  # </s>
_FEW = 24  # elements that are sorted by insertion
_AHEAD = 16  # windows: how early their words are asked for


@compiled
def put_starts(
    ids: Words, begin: int, end: int, start: int, position: int, first_seen: Longs, text: Words
) -> tuple[int, int]:
    """Copy ids `begin` to `end` - 1 into `text` with `start` (`<s>`) before each sentence.

    `position` is that of the first word in the whole text; `first_seen` (V+1,) keeps the position of
    each word's first appearance, unless it is empty. Returns the number of words written, and of sentences.
    """
    size, sentences = 0, 0
    for i in range(begin, end):
        word = ids[i]
        if i == 0 or ids[i - 1] == _END:
            text[size] = start
            if first_seen.size and first_seen[start] < 0:
                first_seen[start] = position + size
            size += 1
            sentences += 1
        text[size] = word
        if first_seen.size and first_seen[word] < 0:
            first_seen[word] = position + size
        size += 1
    return size, sentences


@compiled
def count_words(
    text: Words, source: Words, stride: int, shift: int, begin: int, end: int, sizes: Longs
) -> None:
    """How many of windows `begin` to `end` - 1 have each word, plus 1, at `shift`; see `place_words`."""
    for i in range(begin, end):
        place = source[i] if source.size else i * stride
        sizes[text[place + shift] + 1] += 1


@compiled
def count_followers(text: Words, word: int, begin: int, end: int, sizes: Longs) -> None:
    """How many of words `begin` to `end` - 1 that are `word` are followed by each word."""
    for i in range(begin, end):
        if text[i] == word:
            sizes[text[i + 1]] += 1


@compiled
def gather_windows(
    text: Words,
    begin: int,
    end: int,
    order: int,
    first: int,
    second: int,
    last: int,
    beyond: int,
    out: Words,
) -> int:
    """Copy those of windows `begin` to `end` - 1 whose first two words lie between a pair and another.

    From (first, second) on, (last, beyond) being left out; `order` words each, whatever they are. Returns
    how many words were copied.
    """
    size = 0
    for i in range(begin, end):
        word = text[i]
        if first <= word <= last:
            following = text[i + 1]
            if (word > first or following >= second) and (word < last or following < beyond):
                for q in range(order):
                    out[size + q] = text[i + q]
                size += order
    return size


@compiled
def sum_words(text: Words, stride: int, weights: Words, sizes: Longs) -> None:
    """The same for first words and all windows, each counted `weights` times."""
    for i in range(weights.size):
        sizes[text[i * stride]] += weights[i]


@compiled
def place_words(
    text: Words, source: Words, stride: int, shift: int, begin: int, end: int, free: Longs, places: Words
) -> None:
    """One pass of a stable sort of windows by the word at `shift`; `free` says where each word's go.

    Windows `begin` to `end` - 1 of `source`, or those that begin at each multiple of `stride` where
    `source` is empty.
    """
    for i in range(begin, end):
        place = source[i] if source.size else i * stride
        word = text[place + shift] + 1
        places[free[word]] = place
        free[word] += 1


@compiled
def _sort(keys: Keys, values: Words, base: int, low: int, high: int, stack: Longs) -> None:
    """Sort keys `low` to `high` - 1, and with key i the value `base` + i.

    Quicksort that sets equal keys aside, so that many of them do no harm. `stack` needs 128 entries: the
    larger part always waits.
    """
    top = 0
    stack[0], stack[1] = low, high
    while top >= 0:
        low, high = stack[2 * top], stack[2 * top + 1]
        top -= 1
        while high - low > _FEW:
            one, two, three = keys[low], keys[(low + high) >> 1], keys[high - 1]
            pivot = max(min(one, two), min(max(one, two), three))
            less, at, more = low, low, high
            while at < more:
                key, value = keys[at], values[base + at]
                if key < pivot:
                    keys[at], values[base + at] = keys[less], values[base + less]
                    keys[less], values[base + less] = key, value
                    less += 1
                    at += 1
                elif key > pivot:
                    more -= 1
                    keys[at], values[base + at] = keys[more], values[base + more]
                    keys[more], values[base + more] = key, value
                else:
                    at += 1
            top += 1
            if less - low < high - more:
                stack[2 * top], stack[2 * top + 1] = more, high
                high = less
            else:
                stack[2 * top], stack[2 * top + 1] = low, less
                low = more
        for i in range(low + 1, high):
            key, value = keys[i], values[base + i]
            j = i - 1
            while j >= low and keys[j] > key:
                keys[j + 1], values[base + j + 1] = keys[j], values[base + j]
                j -= 1
            keys[j + 1], values[base + j + 1] = key, value


@inlined
def _packed(text: Words, place: int, depth: int, stop: int, bits: int, per: int) -> np.uint64:
    """Up to `per` words from `depth` on in one number that sorts as they do; 0 where the window has ended."""
    key = np.uint64(0)
    going = text[place] != _END and text[place + depth - 1] != _END and text[place + depth - 1] != -1
    for q in range(depth, depth + per):
        word = np.uint64(0)
        if going and q < stop:
            word = np.uint64(text[place + q] + 1)
            going = word != np.uint64(0) and word != np.uint64(_END + 1)
        key = (key << np.uint64(bits)) | word
    return key


@inlined
def _length(text: Words, place: int, order: int) -> int:
    """The words of a window."""
    length = 0
    while length < order and text[place + length] != -1 and (length == 0 or text[place + length - 1] != _END):
        length += 1
    return length


@compiled
def sort_windows(
    text: Words, places: Words, begin: int, end: int, order: int, bits: int, per: int,
    keys: Keys, stack: Longs, shared: Bytes, lengths: Bytes, sizes: Longs,
) -> None:  # fmt: skip
    """Finish the sort of windows `begin` to `end` - 1 of `places`, which are sorted by their first two words.

    `per` words of `bits` bits each go into one key of 64. `keys` (end - begin,) and `stack` (128,) are
    room to work in. `sizes[k]` counts the distinct windows' n-grams of order k, from 2 on.
    """
    before = -1
    for j in range(begin, end):
        prefetch(text, places[min(j + _AHEAD, end - 1)])
        place = places[j]
        keys[j - begin] = _packed(text, place, 2, order, bits, per)
        shared[j] = order
        if j == begin or text[place] != text[before]:
            shared[j] = 0
        elif order > 1 and text[place] != _END and text[place + 1] != text[before + 1]:
            shared[j] = 1
        before = place
    depth = 2
    while depth < order:
        low = begin
        while low < end:
            high = low + 1
            while high < end and shared[high] == order:
                high += 1
            if high - low > 1 and (depth == 2 or _length(text, places[low], depth + 1) > depth):
                if depth > 2:
                    for j in range(low, high):
                        keys[j - begin] = _packed(text, places[j], depth, order, bits, per)
                _sort(keys, places, begin, low - begin, high - begin, stack)
                for j in range(low + 1, high):
                    differ = keys[j - begin] ^ keys[j - begin - 1]
                    if differ != 0:
                        same = per - 1
                        while differ >> np.uint64(bits) != 0:
                            differ >>= np.uint64(bits)
                            same -= 1
                        shared[j] = depth + same
            low = high
        depth += per
    for j in range(begin, end):
        prefetch(text, places[min(j + _AHEAD, end - 1)])
        length = _length(text, places[j], order)
        lengths[j] = length
        for k in range(max(shared[j], 1) + 1, length + 1):
            sizes[k] += 1


@compiled
def fill_tables(
    text: Words, places: Words, shared: Bytes, lengths: Bytes, weights: Words, stride: int,
    begin: int, end: int, order: int, bases: Longs, rows: Longs, continuations: Longs,
    words: Words, raw: Words, first: Longs,
) -> None:  # fmt: skip
    """Write the tables of orders 2 to n from sorted windows `begin` to `end` - 1.

    `rows` (n+2,): the next free row of each order. `continuations` (V+1,) counts the bigrams of each
    first word. Each window counts once, or `weights` times (that of the window at `places[j] / stride`).
    Counts stand with the longest n-gram of each window; `add_up` gives them to the shorter ones.
    """
    for j in range(begin, end):
        prefetch(text, places[min(j + _AHEAD, end - 1)])
        place = places[j]
        length = lengths[j]
        weight = weights[place // stride] if weights.size else 1
        for k in range(shared[j] + 1, length + 1):
            if k == 2:
                continuations[text[place]] += 1
            if k > 1:
                row = rows[k]
                rows[k] = row + 1
                words[bases[k] + row] = text[place + k - 1]
                raw[bases[k] + row] = 0
                if k < order:
                    first[bases[k] + row + k - 2] = rows[k + 1]
        if length > 1:
            raw[bases[length] + rows[length] - 1] += weight


@compiled
def add_up(first: Longs, longer: Words, raw: Words, begin: int, end: int) -> None:
    """Add to the counts of n-grams `begin` to `end` - 1 those of their continuations."""
    for row in range(begin, end):
        total = raw[row]
        for child in range(first[row], first[row + 1]):
            total += longer[child]
        raw[row] = total
