"""Scoring text by the tables of an n-gram model.

`table` is the address that a `TableAddresses` has. Many items are looked up together, one order after the
other: lookups of one order do not wait for each other, so that misses of the cache overlap.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.lm.kernels.memory import (
    chosen,
    load_byte,
    load_double,
    load_float,
    load_int,
    load_long,
)
from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.prefetch import prefetch

Words = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Items = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Floats32 = npt.NDArray[np.float32]

# What lies where in the table: first of the whole model, then, STRIDE for each order, of that order.
ORDER, BEGIN, SHORTER, PLAIN, UNSEEN = range(5)
STRIDE = 8
SIZE, WORDS, FIRST, PROB, PROB_CENTRES, BACKOFF, BACKOFF_CENTRES = range(7)

BLOCK = 256
LINE = 8  # children: so few that they lie in a line or two of the cache
_1 = np.uint32(1)


@compiled
def log_at(table: int, place: int, row: int) -> np.float32:
    """The log10 in `row` of the values whose address is at `place`, their centres' after it."""
    values, centres = load_long(table, place), load_long(table, place + 1)
    return load_float(values, row) if centres == 0 else load_float(centres, load_byte(values, row))


@compiled
def last_at_most(words: int, low: int, count: int, word: int) -> int:
    """The last of `count` ascending words, from row `low` on, that is not above `word`, or else `low`.

    How many steps it takes depends on `count` alone: the processor goes on to the next search meanwhile.
    """
    while count > 1:
        half = count >> 1
        low = chosen(load_int(words, low + half) <= word, low + half, low)
        count -= half
    return low


@compiled
def score_tokens(
    table: int, ids: Words, offsets: Longs, begin: int, end: int, logs: Floats32, lengths: Bytes,
    words: Words, rows: Longs, items: Items, longest: Bytes, scores: Floats32,
) -> None:  # fmt: skip
    """The log10 probability and longest n-gram's length of the tokens of sequences `begin` to `end` - 1.

    The rest is room to work in: `words`, `longest`, `scores` (BLOCK + 1,), `rows` (order + 4, BLOCK + 1)
    and `items` (order + 2, BLOCK + 1).
    """
    order, mark = load_long(table, ORDER), load_long(table, BEGIN)
    sequence, token, stop = begin, offsets[begin], offsets[end]
    out = token
    rows[:, 0] = -1
    while token < stop:
        count, sequence, token = _fill(ids, offsets, sequence, token, stop, mark, words)
        size = _begin_block(words, count, mark, rows, items[0], longest)
        for k in range(2, order + 1):
            rows[k, 1 : count + 1] = -1
            size = _search(table, k, words, count, size, rows, items, longest)
        for i in range(count):
            scores[i] = log_at(table, STRIDE * longest[i] + PROB, rows[0, i])
        if load_long(table, PLAIN):
            _charge(table, order, rows, items, longest, scores)
        else:
            _charge_unseen(table, order, mark, words, count, rows, longest, scores)
        for i in range(count):
            if words[i] != mark:
                logs[out] = scores[i]
                lengths[out] = longest[i]
                out += 1
        for k in range(1, order + 1):
            rows[k, 0] = rows[k, count]


@compiled
def _fill(
    ids: Words, offsets: Longs, sequence: int, token: int, stop: int, mark: int, words: Words
) -> tuple[int, int, int]:
    """Put up to BLOCK ids in `words`, with <s> before each sequence; returns how many, and what is next.

    `sequence` is the next one to begin, `token` the next id of all.
    """
    count = 0
    while count < BLOCK and token < stop:
        if token == offsets[sequence]:
            sequence += 1
            while token == offsets[sequence]:  # a sequence without tokens
                sequence += 1
            words[count] = mark
            count += 1
        last = min(stop, offsets[sequence], token + BLOCK - count)
        while token < last:
            words[count] = ids[token]
            token += 1
            count += 1
    return count, sequence, token


@compiled
def _begin_block(words: Words, count: int, mark: int, rows: Longs, active: Items, longest: Bytes) -> int:
    """What is known without a search; returns how many items `active` lists: all words but <s>."""
    size = 0
    for i in range(count):
        word = words[i]
        rows[0, i] = word
        rows[1, i + 1] = word
        longest[i] = 1
        active[size] = i
        size += word != mark
    return size


@compiled
def _search(
    table: int, order: int, words: Words, count: int, size: int, rows: Longs, items: Items, longest: Bytes
) -> int:
    """Look up the n-grams of one order that end at the first `size` items of `items[0]`.

    Of item i, `rows[k, i]` is the row of the k words before it, `rows[0, i]` that of the longest n-gram
    that ends there, of `longest[i]` words. Fills `rows[order]`, lists in `items[0]` the items to look up
    in the next order and in `items[order]` those that were not found, whose number stands first; returns
    how many are to be looked up.
    """
    last_words = load_long(table, STRIDE * order + WORDS)
    begun = _narrow(table, order, words, size, rows, items)
    best, found, low, room = rows[0], rows[order], rows[rows.shape[0] - 2], rows[rows.shape[0] - 1]
    active, searched, missed = items[0], items[1], items[order]
    longest_of_all = order == load_long(table, ORDER)
    ahead = load_long(table, STRIDE * order + (PROB if longest_of_all else FIRST))
    width = 4 if longest_of_all else 8
    end, lost, following = np.uint32(count), np.int64(missed[0]), np.int64(found[0] >= 0)
    active[0] = 0
    for j in range(begun):
        item = searched[j]
        word = words[item]
        row = last_at_most(last_words, low[item], room[item], word)
        hit = load_int(last_words, row) == word
        prefetch(ahead, width * chosen(hit, row, 0))  # where the next look at this row goes
        best[item] = chosen(hit, row, best[item])
        longest[item] = chosen(hit, order, longest[item])
        found[item + _1] = chosen(hit, row, -1)
        active[following] = item + _1
        following += hit & (item + _1 < end)
        missed[lost] = item
        lost += not hit
    missed[0] = lost
    return following


@compiled
def _narrow(table: int, order: int, words: Words, size: int, rows: Longs, items: Items) -> int:
    """Where to look for each item, `low` and `room` in the last two of `rows`: lines that are on their way.

    Returns the number of items whose history has children, listed in `items[1]`; `items[order]` lists the
    others. One step for all, then the next: each asks for the line that the next one looks at.
    """
    history, low, room = rows[order - 1], rows[rows.shape[0] - 2], rows[rows.shape[0] - 1]
    active, searched, missed = items[0], items[1], items[order]
    first = load_long(table, STRIDE * (order - 1) + FIRST)
    last_words = load_long(table, STRIDE * order + WORDS)
    lost, begun, wide = 1, 0, 0
    for j in range(size):
        item = active[j]
        row = history[item]
        begin = load_long(first, row)
        children = load_long(first, row + 1) - begin
        low[item] = begin
        # No two children are alike: at most `word` of them are below `word`.
        count = min(children, np.int64(words[item]) + 1)
        room[item] = count
        prefetch(last_words, 4 * (begin + (count >> 1)))
        searched[begun] = item
        begun += children > 0
        missed[lost] = item
        lost += children <= 0
        active[wide] = item
        wide += count > LINE
    missed[0] = lost
    while wide:
        size, wide = wide, 0
        for j in range(size):
            item = active[j]
            half = room[item] >> 1
            row = low[item] + half
            row = chosen(load_int(last_words, row) <= words[item], row, low[item])
            low[item] = row
            half = room[item] - half
            room[item] = half
            prefetch(last_words, 4 * (row + (half >> 1)))
            active[wide] = item
            wide += half > LINE
    return begun


@compiled
def _charge(table: int, order: int, rows: Longs, items: Items, longest: Bytes, scores: Floats32) -> None:
    """Add the back-off weights of the histories after which a word was not found, the shortest first."""
    for k in range(2, order + 1):
        missed = items[k]
        for j in range(1, missed[0]):
            item = missed[j]
            if longest[item] < k:
                scores[item] += log_at(table, STRIDE * (k - 1) + BACKOFF, rows[k - 1, item])


@compiled
def _charge_unseen(
    table: int, order: int, mark: int, words: Words, count: int, rows: Longs, longest: Bytes, scores: Floats32
) -> None:
    """The same where histories never seen have a weight too, or weights stand for probabilities."""
    shorter, unseen = load_long(table, SHORTER), load_double(table, UNSEEN)
    places = rows[order + 1]
    for i in range(count):
        places[i + 1] = min(1 if words[i] == mark else places[i] + 1, order - 1)
        for k in range(longest[i], places[i] + 1):
            row = rows[k, i]
            weight = np.float64(log_at(table, STRIDE * k + BACKOFF, row)) if row >= 0 else unseen
            scores[i] = scores[i] + weight if shorter else weight
    places[0] = places[count]


@compiled
def append_ends(ids: Words, offsets: Longs, end: int, out: Words) -> None:
    """Copy sequences to `out`, each with the id `end` behind it."""
    place = 0
    for sequence in range(offsets.size - 1):
        for token in range(offsets[sequence], offsets[sequence + 1]):
            out[place] = ids[token]
            place += 1
        out[place] = end
        place += 1
