"""A hash table of tokens, whose bytes lie one after the other in an arena.

A slot holds 31 bits of the token's hash above its code, so that most tokens that differ are told
apart without a look at their bytes; an empty slot is negative.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.prefetch import prefetch
from textkit.text.kernels.utf8 import eight_bytes

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_TAG = np.uint64(0x7FFFFFFF)
_CODE = np.int64(0xFFFFFFFF)
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: Knuth's multiplier
_MIX = np.uint64(0xBF58476D1CE4E5B9)  # of splitmix64
# Unsigned places spare the test whether an index is negative, and let eight bytes be loaded as one.
_0, _1, _2, _8 = (np.uint64(i) for i in (0, 1, 2, 8))
_16, _LENGTH = np.uint64(16), np.uint64(31)


@compiled
def _word(data: Bytes, place: np.uint64, count: np.uint64) -> np.uint64:
    """Up to eight bytes as a number, the last of them highest; `data` has eight or more.

    Near the end of `data` its last eight bytes are loaded. No branch, and shifts in halves, since one
    by 64 is undefined.
    """
    back = place - min(place, np.uint64(data.size) - _8)
    place -= back
    value = eight_bytes(data, place)
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
            code = np.uint64(held & _CODE)
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
def _find_near(
    recent: Words, nearness: np.uint64, data: Bytes, starts: Places, ends: Places, first: np.uint64,
    last: np.uint64, known: Longs, waiting: Longs,
) -> np.uint64:  # fmt: skip
    """What `recent` (4 * P,) keeps of the tokens `first` to `last` - 1, in `known` (B,).

    It keeps numbers of tokens of 1 to 16 bytes that were seen last, each at the place that its bytes give:
    two words, and the number above five bits of length. So small a table stays near the processor, and most
    tokens of a text are found in it, without a jump that could be guessed wrong. P is a power of two; empty
    `recent` is not used. The others go to `waiting` (B,), counted from `first`; returns how many.
    """
    count = _0
    if recent.size > 0:
        for token in range(first, last):
            start = np.uint64(starts[token])
            length = np.uint64(ends[token]) - start
            whole = min(length, _8)
            one = _word(data, start, whole)
            two = _word(data, start + whole, min(length - whole, _8))
            near = _near(one, two, nearness)
            kept = recent[near + _2]
            wrong = (recent[near] ^ one) | (recent[near + _1] ^ two) | ((kept & _LENGTH) ^ length)
            known[token - first] = np.int64(kept) >> 5
            waiting[count] = token - first
            count += np.uint64(wrong != _0) | np.uint64(length == _0)
    else:
        for token in range(first, last):
            waiting[count] = token - first
            count += _1
    return count


@compiled
def _keep_near(recent: Words, nearness: np.uint64, data: Bytes, start: int, end: int, number: int) -> None:
    """Have `recent` keep the number of a token."""
    length = np.uint64(end - start)
    if recent.size > 0 and _0 < length <= _16:
        whole = min(length, _8)
        one = _word(data, np.uint64(start), whole)
        two = _word(data, np.uint64(start) + whole, length - whole)
        near = _near(one, two, nearness)
        recent[near] = one
        recent[near + _1] = two
        recent[near + _2] = np.uint64(number << 5) | length


@compiled
def _ask(
    slots: Longs, shift: np.uint64, arena: Bytes, places: Longs, data: Bytes, starts: Places, ends: Places,
    first: np.uint64, waiting: Longs, count: np.uint64, keys: Words,
) -> None:  # fmt: skip
    """The hashes of the tokens that wait, in `keys` (B,); what memory they will want is asked for at once."""
    for i in range(count):
        token = first + np.uint64(waiting[i])
        keys[i] = hash_token(data, starts[token], ends[token])
        prefetch(slots, keys[i] >> shift)
    for i in range(count):
        prefetch(places, slots[keys[i] >> shift] & _CODE)
    for i in range(count):
        held = slots[keys[i] >> shift]
        prefetch(arena, places[np.uint64(held & _CODE)] if held >= 0 else 0)


@compiled
def find_tokens(
    slots: Longs, arena: Bytes, places: Longs, numbers: Places, recent: Words, known: Longs, waiting: Longs,
    keys: Words, data: Bytes, starts: Places, ends: Places, found: Places,
) -> None:  # fmt: skip
    """The code of each token in `found` (T,), -1 for one that the table does not hold.

    Or, unless `numbers` is empty, `numbers[code]`, and the last number for one that is not there. A block of
    tokens is first looked up in `recent`, whose room keeps what was found for them (see `_find_near`); those
    that wait for the table are found when its memory has come. `known`, `waiting` and `keys` (B,) are room
    for a block.
    """
    shift, nearness = _shift(slots), _shift(recent) + _2
    room, total, first = np.uint64(waiting.size), np.uint64(starts.size), _0
    while first < total:
        last = min(first + room, total)
        count = _find_near(recent, nearness, data, starts, ends, first, last, known, waiting)
        _ask(slots, shift, arena, places, data, starts, ends, first, waiting, count, keys)
        for i in range(count):
            token = first + np.uint64(waiting[i])
            start, end = starts[token], ends[token]
            held = slots[_slot(slots, shift, arena, places, data, start, end, keys[i])]
            number = held & _CODE if held >= 0 else -1
            if numbers.size > 0:
                number = np.int64(numbers[np.uint64(number if number >= 0 else numbers.size - 1)])
            known[np.uint64(waiting[i])] = number
            _keep_near(recent, nearness, data, start, end, number)
        for token in range(first, last):
            found[token] = known[token - first]
        first = last


@compiled
def _has_room(
    slots: Longs, arena: Bytes, places: Longs, size: int, starts: Places, ends: Places, first: np.uint64,
    last: np.uint64,
) -> bool:  # fmt: skip
    """Whether the table, of `size` tokens so far, would have room if all of some tokens were new."""
    more, needed = np.int64(last - first), places[size]
    for token in range(first, last):
        needed += ends[token] - starts[token]
    return 2 * (size + more) <= slots.size and size + more < places.size and needed <= arena.size


@compiled
def add_tokens(
    slots: Longs, arena: Bytes, places: Longs, counts: Longs, size: int, recent: Words, known: Longs,
    waiting: Longs, keys: Words, data: Bytes, starts: Places, ends: Places, weights: Longs, begin: int,
    codes: Places,
) -> tuple[int, int]:  # fmt: skip
    """Count each token from `begin` on, once or `weights` (T,) times; a new one gets the next code.

    `codes` (T,) receives the codes; it, and `weights`, may be empty for none. Stops where the table,
    of `size` tokens so far, has no room for one more. Returns the token it stopped at and the new size.
    By blocks, as `find_tokens`, but one token at a time where a block might not fit.
    """
    shift, nearness = _shift(slots), _shift(recent) + _2
    room, total, first, full = np.uint64(waiting.size), np.uint64(starts.size), np.uint64(begin), False
    while first < total and not full:
        last = min(first + room, total)
        if not _has_room(slots, arena, places, size, starts, ends, first, last):
            last = first + _1
        count = _find_near(recent, nearness, data, starts, ends, first, last, known, waiting)
        _ask(slots, shift, arena, places, data, starts, ends, first, waiting, count, keys)
        for i in range(count):
            token = first + np.uint64(waiting[i])
            start, end = starts[token], ends[token]
            slot = _slot(slots, shift, arena, places, data, start, end, keys[i])
            held = slots[slot]
            if held < 0 and not _has_room(slots, arena, places, size, starts, ends, token, token + _1):
                full = True  # it is a block of one
            elif held < 0:
                held = np.int64(keys[i] & _TAG) << 32 | size
                slots[slot] = held
                for place in range(end - start):
                    arena[places[size] + place] = data[start + place]
                places[size + 1] = places[size] + (end - start)
                counts[size] = 0
                size += 1
            if held >= 0:
                known[np.uint64(waiting[i])] = held & _CODE
                _keep_near(recent, nearness, data, start, end, held & _CODE)
        if not full:
            for token in range(first, last):
                code = known[token - first]
                counts[code] += weights[token] if weights.size else 1
                if codes.size:
                    codes[token] = code
            first = last
    return np.int64(first), size


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
