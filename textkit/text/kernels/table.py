"""A hash table of tokens, whose bytes lie one after the other in an arena.

A slot holds 31 bits of the token's hash above its code, so that most tokens that differ are told
apart without a look at their bytes; an empty slot is negative.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.prefetch import prefetch

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_TAG = np.uint64(0x7FFFFFFF)
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: Knuth's multiplier
_MIX = np.uint64(0xBF58476D1CE4E5B9)  # of splitmix64
# Unsigned places spare the test whether an index is negative, and let eight bytes be loaded as one.
_0, _1, _2, _3, _4, _5, _6, _7, _8 = (np.uint64(i) for i in range(9))
_16, _LENGTH = np.uint64(16), np.uint64(31)


@compiled
def _word(data: Bytes, place: np.uint64, count: np.uint64) -> np.uint64:
    """Up to eight bytes as a number, the last of them highest; `data` has eight or more.

    Near the end of `data` its last eight bytes are loaded. No branch, and shifts in halves, since one
    by 64 is undefined.
    """
    back = place - min(place, np.uint64(data.size) - _8)
    place -= back
    value = (
        np.uint64(data[place])
        | np.uint64(data[place + _1]) << np.uint64(8)
        | np.uint64(data[place + _2]) << np.uint64(16)
        | np.uint64(data[place + _3]) << np.uint64(24)
        | np.uint64(data[place + _4]) << np.uint64(32)
        | np.uint64(data[place + _5]) << np.uint64(40)
        | np.uint64(data[place + _6]) << np.uint64(48)
        | np.uint64(data[place + _7]) << np.uint64(56)
    )
    right, left = back << _2, (_8 - count) << _2
    return value >> right >> right << left << left


@compiled
def hash_token(data: Bytes, start: int, end: int) -> np.uint64:
    """64 bits: each eight bytes mixed in by a multiplication, and the finish of splitmix64."""
    place, left = np.uint64(start), np.uint64(end - start)
    value = (left + _1) * _ODD
    while left > _8:
        value = (value ^ _word(data, place, _8)) * _ODD
        value ^= value >> np.uint64(32)
        place += _8
        left -= _8
    value = (value ^ _word(data, place, left)) * _ODD
    value = (value ^ (value >> np.uint64(32))) * _MIX
    return value ^ (value >> np.uint64(29))


@compiled
def _same(one: Bytes, begin: int, other: Bytes, start: int, size: int) -> bool:
    """Whether `size` bytes of two buffers are the same.

    No way out in the middle: numba would then count references to the buffers at every call, which
    takes longer than all the rest.
    """
    here, there, left = np.uint64(begin), np.uint64(start), np.uint64(size)
    differ = _0
    while left > _8:
        differ |= _word(one, here, _8) ^ _word(other, there, _8)
        here += _8
        there += _8
        left -= _8
    return (differ | _word(one, here, left) ^ _word(other, there, left)) == _0


@compiled
def _shift(slots: Longs | Words) -> np.uint64:
    """How far a hash is shifted to give its first slot: the number of slots is a power of two."""
    shift = np.uint64(64)
    size = slots.size
    while size > 1:
        shift -= _1
        size >>= 1
    return shift


@compiled
def _slot(
    slots: Longs, shift: np.uint64, arena: Bytes, places: Longs,
    data: Bytes, start: int, end: int, key: np.uint64,
) -> int:  # fmt: skip
    """The slot of a token, or the empty one where it belongs."""
    mask = np.uint64(slots.size - 1)
    tag = np.int64(key & _TAG)
    slot = key >> shift
    searching = True
    while searching:
        held = slots[slot]
        searching = held >= 0
        if searching and held >> 32 == tag:
            code = np.uint64(held & 0xFFFFFFFF)
            begin = places[code]
            size = places[code + _1] - begin
            searching = size != end - start or not _same(arena, begin, data, start, size)
        if searching:
            slot = (slot + _1) & mask
    return np.int64(slot)


@compiled
def _near(one: np.uint64, two: np.uint64, nearness: np.uint64) -> np.uint64:
    """Where `recent` keeps a token of 1 to 16 bytes, which are `one` and `two`."""
    return ((one ^ (two >> np.uint64(31) | two << np.uint64(33))) * _ODD >> nearness) << _2


@compiled
def find_tokens(
    slots: Longs, arena: Bytes, places: Longs, numbers: Places, recent: Words, waiting: Longs, keys: Words,
    data: Bytes, starts: Places, ends: Places, found: Places,
) -> None:  # fmt: skip
    """`numbers[code]` of each token in `found` (T,), the last number for one that the table does not hold.

    `recent` is as in `add_tokens`, but with numbers for codes. A block of tokens is first looked up there,
    without a jump that could be guessed wrong; those that wait for the table ask for its memory together,
    and are found in it when that has come. `waiting` and `keys` (B,) are room for a block.
    """
    shift, nearness = _shift(slots), _shift(recent) + _2
    mask = np.int64(0xFFFFFFFF)
    count_of_block = np.uint64(waiting.size)
    total = np.uint64(starts.size)
    first = _0
    while first < total:
        last = min(first + count_of_block, total)
        count = _0
        if recent.size > 0:
            for token in range(first, last):
                start = np.uint64(starts[token])
                length = np.uint64(ends[token]) - start
                whole = min(length, _8)
                one = _word(data, start, whole)
                two = _word(data, start + whole, min(length - whole, _8))
                near = _near(one, two, nearness)
                known = recent[near + _2]
                wrong = (recent[near] ^ one) | (recent[near + _1] ^ two) | ((known & _LENGTH) ^ length)
                found[token] = np.int64(known) >> 5
                waiting[count] = token
                count += np.uint64(np.uint64(wrong != _0) | np.uint64(length == _0))
        else:
            for token in range(first, last):
                waiting[count] = token
                count += _1
        for i in range(count):
            token = np.uint64(waiting[i])
            keys[i] = hash_token(data, starts[token], ends[token])
            prefetch(slots, keys[i] >> shift)
        for i in range(count):
            prefetch(places, slots[keys[i] >> shift] & mask)
        for i in range(count):
            held = slots[keys[i] >> shift]
            prefetch(arena, places[np.uint64(held & mask)] if held >= 0 else 0)
        for i in range(count):
            token = np.uint64(waiting[i])
            start, end = starts[token], ends[token]
            held = slots[_slot(slots, shift, arena, places, data, start, end, keys[i])]
            number = np.int64(numbers[np.uint64(held & mask) if held >= 0 else np.uint64(numbers.size - 1)])
            found[token] = number
            length = np.uint64(end - start)
            if recent.size > 0 and _0 < length <= _16:
                one = _word(data, np.uint64(start), min(length, _8))
                two = _word(data, np.uint64(start) + min(length, _8), length - min(length, _8))
                near = _near(one, two, nearness)
                recent[near] = one
                recent[near + _1] = two
                recent[near + _2] = np.uint64(number << 5) | length
        first = last


@compiled
def add_tokens(
    slots: Longs, arena: Bytes, places: Longs, counts: Longs, size: int, recent: Words,
    data: Bytes, starts: Places, ends: Places, weights: Longs, begin: int, codes: Places,
) -> tuple[int, int]:  # fmt: skip
    """Count each token from `begin` on, once or `weights` (T,) times; a new one gets the next code.

    `codes` (T,) receives the codes; it, and `weights`, may be empty for none. Stops where the table,
    of `size` tokens so far, has no room for one more. Returns the token it stopped at and the new size.

    `recent` (4 * P,) holds tokens of 1 to 16 bytes that were seen last, each at the place that its bytes
    give: two words, and the code above five bits of length. So small a table stays near the processor,
    and most tokens of a text are found in it. P is a power of two; empty `recent` is not used.
    """
    shift, nearness = _shift(slots), _shift(recent) + _2
    for token in range(begin, starts.size):
        start, end = starts[token], ends[token]
        length = np.uint64(end - start)
        short = recent.size > 0 and _0 < length <= _16
        near = one = two = _0
        code = np.int64(-1)
        if short:
            one = _word(data, np.uint64(start), min(length, _8))
            if length > _8:
                two = _word(data, np.uint64(start) + _8, length - _8)
            near = _near(one, two, nearness)
            known = recent[near + _2]
            if recent[near] == one and recent[near + _1] == two and known & _LENGTH == length:
                code = np.int64(known >> _5)
        if code < 0:
            key = hash_token(data, start, end)
            slot = _slot(slots, shift, arena, places, data, start, end, key)
            held = slots[slot]
            if held < 0:
                if (
                    2 * (size + 1) > slots.size
                    or size + 1 >= places.size
                    or places[size] + (end - start) > arena.size
                ):
                    return token, size
                held = np.int64(key & _TAG) << 32 | size
                slots[slot] = held
                for i in range(end - start):
                    arena[places[size] + i] = data[start + i]
                places[size + 1] = places[size] + (end - start)
                counts[size] = 0
                size += 1
            code = held & 0xFFFFFFFF
            if short:
                recent[near] = one
                recent[near + _1] = two
                recent[near + _2] = np.uint64(code) << _5 | length
        counts[code] += weights[token] if weights.size else 1
        if codes.size:
            codes[token] = code
    return starts.size, size


@compiled
def fill_slots(slots: Longs, arena: Bytes, places: Longs, size: int) -> None:
    """Put the first `size` codes into empty `slots`."""
    shift = _shift(slots)
    mask = np.uint64(slots.size - 1)
    for code in range(size):
        key = hash_token(arena, places[code], places[code + 1])
        slot = key >> shift
        while slots[slot] >= 0:
            slot = (slot + _1) & mask
        slots[slot] = np.int64(key & _TAG) << 32 | code


@compiled
def gather_tokens(arena: Bytes, places: Longs, codes: Places, out: Bytes) -> None:
    """The bytes of the tokens of `codes`, one after the other."""
    size = 0
    for code in codes:
        for place in range(places[code], places[code + 1]):
            out[size] = arena[place]
            size += 1


@compiled
def part_tokens(
    arena: Bytes,
    places: Longs,
    size: int,
    shift: int,
    parts: Bytes,
    free: Longs,
    order: Places,
    bounds: Longs,
) -> None:
    """The codes below `size` in `order` by part, and where each of the P parts begins in `bounds` (P+1,).

    P is a power of two, 256 at most; the part is the bits of the hash above `shift`. `parts` (size,)
    and `free` (P+1,) are room to work in.
    """
    mask = np.uint64(bounds.size - 2)
    for code in range(size):
        part = (hash_token(arena, places[code], places[code + 1]) >> np.uint64(shift)) & mask
        parts[code] = part
        bounds[part + _1] += 1
    for part in range(1, bounds.size):
        bounds[part] += bounds[part - 1]
    for part in range(bounds.size):
        free[part] = bounds[part]
    for code in range(size):
        order[free[parts[code]]] = code
        free[parts[code]] += 1
