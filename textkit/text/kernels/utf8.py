"""UTF-8: checked, cut into lines, and counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]


@compiled
def split_lines(data: Bytes, starts: Places, ends: Places) -> tuple[int, int]:
    r"""Where each line of `data` (N,) starts and ends, its \n or \r\n left out.

    Returns how many lines there are and -1, or, where the data is not UTF-8 (Unicode Standard,
    table 3-7: no surrogates, nothing longer than need be) or holds a NUL, how many lines end before
    the place, and the place.
    """
    size = data.size
    place = 0
    start = 0
    lines = 0
    while place < size:
        byte = data[place]
        if byte < 0x80:
            if byte == 10:
                starts[lines] = start
                ends[lines] = place - 1 if place > start and data[place - 1] == 13 else place
                lines += 1
                start = place + 1
            elif byte == 0:
                return lines, place
            place += 1
            continue
        low, high = 0x80, 0xBF  # of the second byte
        if byte < 0xC2 or byte > 0xF4:
            return lines, place
        if byte < 0xE0:
            more = 1
        elif byte < 0xF0:
            more = 2
            if byte == 0xE0:
                low = 0xA0
            elif byte == 0xED:
                high = 0x9F
        else:
            more = 3
            if byte == 0xF0:
                low = 0x90
            elif byte == 0xF4:
                high = 0x8F
        if place + more >= size or data[place + 1] < low or data[place + 1] > high:
            return lines, place
        for following in range(place + 2, place + more + 1):
            if data[following] & 0xC0 != 0x80:
                return lines, place
        place += more + 1
    if start < size:
        starts[lines] = start
        ends[lines] = size
        lines += 1
    return lines, -1


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
