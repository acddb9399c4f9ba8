"""Distributions over the whole vocabulary, and draws that do not make them.

The words that the model has after the longest history are drawn as the table says; all others share what
its back-off weight leaves to the next shorter history, and so on. So a level is drawn by the mass that
its words would have if none of them stood at a higher level, then one of its words, and words that do
stand at a higher level are refused: what comes out is distributed as the model has it, also where its
probabilities do not sum to one. `scale` is one over the temperature.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.lm.kernels.memory import load_double, load_int, load_long, store_double, store_long
from textkit.lm.kernels.query import (
    BEGIN,
    FIRST,
    PROB,
    SHORTER,
    SIZE,
    STRIDE,
    WORDS,
    log_at,
)  # fmt: skip
from textkit.lm.kernels.state import begin, child, step, weight_of
from textkit.text.kernels.compiled import compiled

Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]
Seeds = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

_LN10 = np.log(10.0)
_TRIES = 64  # refused in a row, after which the whole distribution is made
_LEAST = 1e-290  # of a sum of powers: below, they come near the smallest number, and have few digits
_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_27, _30, _31, _11 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(11)


@compiled
def _power(log10: float) -> float:
    return np.exp(log10 * _LN10)


@compiled
def fill_distribution(table: int, state: int, out: Floats) -> None:
    """The log10 probability of every word id after a state, in `out` (V,)."""
    shorter, length = load_long(table, SHORTER), load_long(state, 0)
    whole = 0.0
    for k in range(1, length + 1):
        whole += weight_of(table, k, load_long(state, k))
    if shorter or length == 0:
        for word in range(out.size):
            out[word] = whole + log_at(table, STRIDE + PROB, word)
    else:
        out[:] = weight_of(table, length, load_long(state, length))
    for k in range(1 if shorter else max(length, 1), length + 1):
        row, cost = load_long(state, k), 0.0
        for longer in range(k + 1, length + 1):
            cost += weight_of(table, longer, load_long(state, longer))
        if 0 <= row < load_long(table, STRIDE * k + SIZE):
            first, words = load_long(table, STRIDE * k + FIRST), load_long(table, STRIDE * (k + 1) + WORDS)
            for following in range(load_long(first, row), load_long(first, row + 1)):
                out[load_int(words, following)] = cost + log_at(table, STRIDE * (k + 1) + PROB, following)


@compiled
def fill_distributions(table: int, states: int, width: int, out: Floats) -> None:
    """The same for as many states as `out` (R, V) has rows; each state is `width` longs long."""
    for row in range(out.shape[0]):
        fill_distribution(table, states + 8 * width * row, out[row])


@compiled
def accumulate(table: int, order: int, scale: float, out: Floats) -> None:
    """The masses of n-grams of one order, each with those before it that have the same history."""
    if order == 1:
        total = 0.0
        for row in range(out.size - 1):
            total += _power(scale * log_at(table, STRIDE + PROB, row))
            out[row] = total
        out[out.size - 1] = total  # <s> is never drawn
    else:
        first = load_long(table, STRIDE * (order - 1) + FIRST)
        for history in range(load_long(table, STRIDE * (order - 1) + SIZE)):
            total = 0.0
            for row in range(load_long(first, history), load_long(first, history + 1)):
                total += _power(scale * log_at(table, STRIDE * order + PROB, row))
                out[row] = total


@compiled
def _uniform(seeds: Seeds, place: int) -> float:
    """A number from 0 up to 1, by splitmix64."""
    seeds[place] += _ODD
    value = seeds[place]
    value = (value ^ (value >> _30)) * _MIX
    value = (value ^ (value >> _27)) * _MIX2
    return np.float64((value ^ (value >> _31)) >> _11) * 2.0**-53


@compiled
def _above(masses: int, low: int, high: int, target: float) -> int:
    """The first row from `low` on whose mass is above `target`, `high` - 1 if none below it is."""
    high -= 1
    while low < high:
        middle = (low + high) >> 1
        if load_double(masses, middle) > target:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def _weigh(table: int, masses: int, state: int, scale: float, levels: int) -> float:
    """What each level weighs, by the number of words of history, and their sum.

    At `levels`, four doubles a level: its first row, the one after its last, its mass and what a unit of it
    weighs. Where weights stand for probabilities themselves, every word's is level 0. The sum is 0 where
    powers have come too near the smallest number to tell what weighs more.
    """
    shorter, length = load_long(table, SHORTER), load_long(state, 0)
    log_cost, total, known = 0.0, 0.0, True
    for k in range(length, -1, -1):
        low, high, mass = 0, 0, 0.0
        if k == 0 and (shorter or length == 0):
            high = load_long(table, BEGIN)
            mass = load_double(load_long(masses, 0), high)
        elif k == 0:
            mass = np.float64(load_long(table, BEGIN))
        elif shorter or k == length:
            row = load_long(state, k)
            if 0 <= row < load_long(table, STRIDE * k + SIZE):
                first = load_long(table, STRIDE * k + FIRST)
                low, high = load_long(first, row), load_long(first, row + 1)
                mass = load_double(load_long(masses, k), high - 1) if high > low else 0.0
        store_long(levels, 4 * k, low)
        store_long(levels, 4 * k + 1, high)
        store_double(levels, 4 * k + 2, mass)
        weight = _power(log_cost) * mass
        store_double(levels, 4 * k + 3, weight)
        total += weight
        known = known and (mass >= _LEAST or high == low)
        if k > 0 and (shorter or k == length):
            log_cost += scale * weight_of(table, k, load_long(state, k))
    return total if known and _LEAST < total < np.inf else 0.0


@compiled
def _draw(
    table: int, masses: int, state: int, scale: float, forbidden: int, levels: int, seeds: Seeds, place: int,
    room: Floats,
) -> int:  # fmt: skip
    """A word after a state, or -1 where no word has any probability."""
    shorter, length = load_long(table, SHORTER), load_long(state, 0)
    total = _weigh(table, masses, state, scale, levels)
    word, tries = -1, 0
    while word < 0 and tries < _TRIES and total > 0:
        tries += 1
        target = _uniform(seeds, place) * total
        k = length
        while k > 0 and target >= load_double(levels, 4 * k + 3):
            target -= load_double(levels, 4 * k + 3)
            k -= 1
        low, high = load_long(levels, 4 * k), load_long(levels, 4 * k + 1)
        within = _uniform(seeds, place) * load_double(levels, 4 * k + 2)
        if high > low:
            row = _above(load_long(masses, k), low, high, within)
            word = row if k == 0 else load_int(load_long(table, STRIDE * (k + 1) + WORDS), row)
        elif k == 0:
            word = min(np.int64(within), load_long(table, BEGIN) - 1)
        if word == forbidden:
            word = -1
        for longer in range(k + 1 if shorter else max(k + 1, length), length + 1):
            if word >= 0 and child(table, longer + 1, load_long(state, longer), word) >= 0:
                word = -1
    if word < 0:
        word = _draw_dense(table, state, scale, forbidden, seeds, place, room)
    return word


@compiled
def _draw_dense(
    table: int, state: int, scale: float, forbidden: int, seeds: Seeds, place: int, room: Floats
) -> int:
    """The same from the whole distribution, made in `room` (V,).

    Of the most probable word the power is 1, so that some is left of the others' at any temperature.
    """
    fill_distribution(table, state, room)
    best = -np.inf
    for word in range(room.size):
        if word != forbidden:
            best = max(best, room[word])
    if best == -np.inf:
        return -1
    total = 0.0
    for word in range(room.size):
        total += 0.0 if word == forbidden else _power(scale * (room[word] - best))
        room[word] = total
    target = _uniform(seeds, place) * total
    low, high = 0, room.size - 1
    while low < high:
        middle = (low + high) >> 1
        if room[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def generate(
    table: int, masses: int, states: Longs, scale: float, forbidden: int, end: int, stops: bool, first: int,
    last: int, seeds: Seeds, ids: Words, counts: Longs, room: Floats, addresses: Longs,
) -> int:  # fmt: skip
    """Draw words after the `states` (R, ...) from row `first` to `last` - 1, as many as `ids` (R, T) holds.

    `counts` (R,) receives how many: with `stops` a row ends before the id `end`, and otherwise the next
    sentence begins after it. `seeds` (R,) give each row its own numbers. `room` (V,) is to work in;
    `addresses` are those of `states` and of room for 4 longs a level. Returns the row after which no word
    can follow, or -1.
    """
    stuck, row = -1, first
    while row < last and stuck < 0:
        state = addresses[0] + 8 * states.shape[1] * row
        count = 0
        while count < ids.shape[1]:
            word = _draw(table, masses, state, scale, forbidden, addresses[1], seeds, row, room)
            if word < 0:
                stuck = row
                break
            if stops and word == end:
                break
            ids[row, count] = word
            count += 1
            if word == end:
                begin(table, state)
            else:
                step(table, state, word, state)
        counts[row] = count
        row += 1
    return stuck
