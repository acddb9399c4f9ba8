"""Lines of tokens or of characters as flat runs of symbols, each line ended by END.

What n-grams are made of: codes of words, code points, or 64-bit hashes of words.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.table import hash_token

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

END = -1  # no n-gram reaches over it
_BLANK = np.int32(32)


@compiled
def _code_point(data: Bytes, place: np.int64) -> tuple[np.int32, np.int64]:
    """The character that begins at `place` of valid UTF-8, and where the next one begins."""
    byte = np.int32(data[place])
    if byte < 0x80:
        return byte, place + 1
    second = np.int32(data[place + 1]) & 0x3F
    if byte < 0xE0:
        return (byte & 0x1F) << 6 | second, place + 2
    third = np.int32(data[place + 2]) & 0x3F
    if byte < 0xF0:
        return (byte & 0xF) << 12 | second << 6 | third, place + 3
    fourth = np.int32(data[place + 3]) & 0x3F
    return (byte & 7) << 18 | second << 12 | third << 6 | fourth, place + 4


@compiled
def _all_space(data: Bytes, start: np.int64, end: np.int64, spaces: Bytes) -> bool:
    """Whether a token holds nothing but white space; most are known by their first byte."""
    blank, place = True, start
    while place < end and blank:
        byte = data[place]
        # White space begins with a control, a blank, or C2, E1, E2, E3: Unicode has no other.
        blank = byte <= 0x20 or 0xC2 <= byte <= 0xE3
        if blank:
            code, place = _code_point(data, place)
            blank = spaces[code] != 0
    return blank


@compiled
def word_symbols(
    codes: Places, data: Bytes, starts: Places, ends: Places, offsets: Offsets, spaces: Bytes,
    symbols: Places, bounds: Offsets,
) -> None:  # fmt: skip
    """The `codes` (T,) of the tokens that are not blank, END after each of L lines.

    `symbols` needs room for T + L; line l begins at `bounds[l]`, `bounds` (L+1,). `spaces` marks white
    space by code point.
    """
    size = np.int64(0)
    bounds[0] = 0
    for line in range(offsets.size - 1):
        for token in range(offsets[line], offsets[line + 1]):
            if not _all_space(data, np.int64(starts[token]), np.int64(ends[token]), spaces):
                symbols[size] = codes[token]
                size += 1
        symbols[size] = END
        size += 1
        bounds[line + 1] = size


@compiled
def word_hashes(
    data: Bytes, starts: Places, ends: Places, offsets: Offsets, spaces: Bytes, symbols: Keys, bounds: Offsets
) -> None:
    """As `word_symbols`, a hash in place of each code and 0 in place of END."""
    size = np.int64(0)
    bounds[0] = 0
    for line in range(offsets.size - 1):
        for token in range(offsets[line], offsets[line + 1]):
            start, end = np.int64(starts[token]), np.int64(ends[token])
            if not _all_space(data, start, end, spaces):
                symbols[size] = hash_token(data, start, end) | np.uint64(1)
                size += 1
        symbols[size] = np.uint64(0)
        size += 1
        bounds[line + 1] = size


@compiled
def character_symbols(
    data: Bytes, starts: Places, ends: Places, spaces: Bytes, symbols: Places, bounds: Offsets
) -> None:
    """The code points of each line, END after it; two and more white spaces together count as one blank.

    `symbols` needs room for a symbol a byte and one a line; line l begins at `bounds[l]`, (L+1,).
    """
    size = np.int64(0)
    bounds[0] = 0
    for line in range(starts.size):
        place, end = np.int64(starts[line]), np.int64(ends[line])
        run = 0  # white spaces just before
        while place < end:
            code, place = _code_point(data, place)
            run = run + 1 if spaces[code] != 0 else 0
            if run > 1:
                symbols[size - 1] = _BLANK
            else:
                symbols[size] = code
                size += 1
        symbols[size] = END
        size += 1
        bounds[line + 1] = size
