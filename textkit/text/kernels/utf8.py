"""UTF-8: checked, cut into lines, and counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]

_0, _1, _2, _3, _4, _5, _6, _7, _8 = (np.uint64(i) for i in range(9))  # unsigned: no test for negative ones
_ONES = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_ENDS = np.uint64(0x0A0A0A0A0A0A0A0A)


@compiled
def eight_bytes(data: Bytes, place: np.uint64) -> np.uint64:
    """The bytes from `place` on as a number, the last of them highest: one instruction."""
    return (
        np.uint64(data[place])
        | np.uint64(data[place + _1]) << np.uint64(8)
        | np.uint64(data[place + _2]) << np.uint64(16)
        | np.uint64(data[place + _3]) << np.uint64(24)
        | np.uint64(data[place + _4]) << np.uint64(32)
        | np.uint64(data[place + _5]) << np.uint64(40)
        | np.uint64(data[place + _6]) << np.uint64(48)
        | np.uint64(data[place + _7]) << np.uint64(56)
    )


@compiled
def _plain(word: np.uint64) -> bool:
    """Whether eight bytes are ASCII without a line's end or a NUL."""
    ends = word ^ _ENDS
    return (word | (word - _ONES) | (ends - _ONES)) & _HIGH == _0


@compiled
def split_lines(data: Bytes, starts: Places, ends: Places) -> tuple[int, int]:
    r"""Where each line of `data` (N,) starts and ends, its \n or \r\n left out.

    Returns how many lines there are and -1, or, where the data is not UTF-8 (Unicode Standard,
    table 3-7: no surrogates, nothing longer than need be) or holds a NUL, how many lines end before
    the place, and the place.
    """
    size = np.uint64(data.size)
    place = start = lines = _0
    while place < size:
        while place + _8 <= size and _plain(eight_bytes(data, place)):
            place += _8
        if place == size:
            break
        byte = data[place]
        if byte < 0x80:
            if byte == 10:
                starts[lines] = start
                ends[lines] = place - _1 if place > start and data[place - _1] == 13 else place
                lines += _1
                start = place + _1
            elif byte == 0:
                return np.int64(lines), np.int64(place)
            place += _1
            continue
        low, high = 0x80, 0xBF  # of the second byte
        if byte < 0xC2 or byte > 0xF4:
            return np.int64(lines), np.int64(place)
        if byte < 0xE0:
            more = _1
        elif byte < 0xF0:
            more = _2
            if byte == 0xE0:
                low = 0xA0
            elif byte == 0xED:
                high = 0x9F
        else:
            more = _3
            if byte == 0xF0:
                low = 0x90
            elif byte == 0xF4:
                high = 0x8F
        if place + more >= size or data[place + _1] < low or data[place + _1] > high:
            return np.int64(lines), np.int64(place)
        if more > _1 and data[place + _2] & 0xC0 != 0x80:
            return np.int64(lines), np.int64(place)
        if more > _2 and data[place + _3] & 0xC0 != 0x80:
            return np.int64(lines), np.int64(place)
        place += more + _1
    if start < size:
        starts[lines] = start
        ends[lines] = size
        lines += _1
    return np.int64(lines), -1


@compiled
def line_sizes(
    data: Bytes,
    starts: Places,
    ends: Places,
    characters: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
) -> None:
    """Characters and bytes of each line `data[starts[l]:ends[l]]`, valid UTF-8: (L,) each."""
    for line in range(starts.size):
        start, end = np.uint64(starts[line]), np.uint64(ends[line])
        more = np.int32(0)
        for place in range(start, end):
            more += np.int32(data[place] & 0xC0 == 0x80)
        sizes[line] = np.int64(end - start)
        characters[line] = np.int64(end - start) - more


@compiled
def character_places(
    data: Bytes, lines: Places, offsets: npt.NDArray[np.int64], places: Places, counted: Places
) -> None:
    """Byte places to places in characters, counted from the start of each line.

    Line i begins at `data[lines[i]]`; `places[offsets[i]:offsets[i+1]]` are the byte places in
    it, in any order, and `counted` (same shape) receives those in characters.
    """
    for line in range(lines.size):
        byte = lines[line]
        character = 0
        for i in range(offsets[line], offsets[line + 1]):
            while byte > places[i]:
                byte -= 1
                character -= data[byte] & 0xC0 != 0x80
            while byte < places[i]:
                character += data[byte] & 0xC0 != 0x80
                byte += 1
            counted[i] = character
