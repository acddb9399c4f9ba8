"""One word at a time, from one state to the next; states are known by their addresses.

A state is a row of longs: how many words it holds, then, for k from 1 to order - 1, the row of the n-gram
of its last k words (-1: not in the model), and at `order` the length of the longest n-gram that ended with
its last word.
"""

from __future__ import annotations

import numpy as np

from textkit.lm.kernels.memory import (
    load_double,
    load_int,
    load_long,
    store_byte,
    store_double,
    store_long,
)
from textkit.lm.kernels.query import (
    BACKOFF,
    BEGIN,
    FIRST,
    ORDER,
    PLAIN,
    PROB,
    SHORTER,
    SIZE,
    STRIDE,
    UNSEEN,
    WORDS,
    last_at_most,
    log_at,
)  # fmt: skip
from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.prefetch import prefetch


@compiled
def child(table: int, order: int, history: int, word: int) -> int:
    """The row of the n-gram of `order` that is the n-gram in row `history` and `word`, or -1."""
    row = -1
    if 0 <= history < load_long(table, STRIDE * (order - 1) + SIZE):
        first = load_long(table, STRIDE * (order - 1) + FIRST)
        words = load_long(table, STRIDE * order + WORDS)
        low = load_long(first, history)
        children = load_long(first, history + 1) - low
        if children > 0:
            low = last_at_most(words, low, min(children, word + 1), word)
            row = low if load_int(words, low) == word else -1
    return row


@compiled
def weight_of(table: int, length: int, row: int) -> float:
    """The log10 weight of a history of `length` words."""
    weight = load_double(table, UNSEEN)
    if 0 <= row < load_long(table, STRIDE * length + SIZE):
        weight = np.float64(log_at(table, STRIDE * length + BACKOFF, row))
    return weight


@compiled
def _ask(table: int, state: int, length: int, word: int) -> None:
    """Have all lines fetched at once where the search for `word` after the words of a state begins."""
    for k in range(1, length + 1):
        prefetch(load_long(table, STRIDE * k + FIRST), 8 * load_long(state, k))
    for k in range(1, length + 1):
        row = load_long(state, k)
        if 0 <= row < load_long(table, STRIDE * k + SIZE):
            first = load_long(table, STRIDE * k + FIRST)
            low = load_long(first, row)
            middle = low + (min(load_long(first, row + 1) - low, word + 1) >> 1)
            prefetch(load_long(table, STRIDE * (k + 1) + WORDS), 4 * middle)


@compiled
def _leads_on(table: int, order: int, row: int) -> bool:
    """Whether it makes a difference that an n-gram stands before a word: a weight, or longer n-grams."""
    leads = False
    if row >= 0:
        first = load_long(table, STRIDE * order + FIRST)
        prefetch(first, 8 * row)  # for the next word
        leads = log_at(table, STRIDE * order + BACKOFF, row) != 0
        leads = leads or load_long(first, row + 1) > load_long(first, row)
    return leads


@compiled
def step(table: int, state: int, word: int, out: int) -> float:
    """The log10 probability of `word`, an id up to that of <s>, after `state`; `out` becomes the next state.

    `out` may be `state`: the longest n-gram comes first, and each row is written after it was last read.
    Where histories never seen weigh nothing, a state holds only as many words as can make a difference.
    """
    order, plain = load_long(table, ORDER), load_long(table, PLAIN)
    k = min(load_long(state, 0), order - 1) + 1
    kept = 0 if plain else min(k, order - 1)
    _ask(table, state, k - 1, word)
    matched, score, searching = 0, 0.0, True
    while k > 1:
        history = load_long(state, k - 1)
        row = child(table, k, history, word)
        if row >= 0 and matched == 0:
            matched = k
        if searching and row >= 0:
            score += log_at(table, STRIDE * k + PROB, row)
            searching = False
        elif searching:
            score += weight_of(table, k - 1, history)
            searching = load_long(table, SHORTER) != 0
        if k < order:
            store_long(out, k, row)
            kept = k if kept == 0 and _leads_on(table, k, row) else kept
        k -= 1
    if searching:
        score += log_at(table, STRIDE + PROB, word)
    if order > 1:
        store_long(out, 1, word)
        kept = 1 if kept == 0 and _leads_on(table, 1, word) else kept
    store_long(out, 0, kept)
    store_long(out, order, max(matched, 1))
    return score


@compiled
def begin(table: int, out: int) -> None:
    """The state at the beginning of a sentence, after <s> alone."""
    if load_long(table, ORDER) > 1:
        store_long(out, 1, load_long(table, BEGIN))
    store_long(out, 0, min(load_long(table, ORDER) - 1, 1))


@compiled
def run(table: int, state: int, ids: int, count: int, logs: int, lengths: int) -> float:
    """The log10 probability of `count` int32 ids in turn; `state` becomes the one after them.

    That of each goes to the doubles at `logs`, the lengths of the longest n-grams to the bytes at `lengths`.
    """
    order = load_long(table, ORDER)
    total = 0.0
    for i in range(count):
        score = step(table, state, np.int64(load_int(ids, i)), state)
        store_double(logs, i, score)
        store_byte(lengths, i, np.uint8(load_long(state, order)))
        total += score
    return total
