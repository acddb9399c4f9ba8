"""Where the tokens of lines of UTF-8 stand, found in one walk by the class of each character."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Place = int | np.int64
Offsets = npt.NDArray[np.int64]

SPACE = 1  # what str.isspace calls white space
HAN = 2  # a token by itself, before all else
DIGIT = 4
WORD = 8  # a letter, mark, digit or underscore that is not Han
MARK = 16  # any other character that is a token by itself


@compiled
def _class(data: Bytes, place: Place, classes: Bytes) -> tuple[np.uint8, Place]:
    """The class of the character that begins at `place`, and where the next one begins."""
    byte = data[place]
    if byte < 0x80:
        return classes[byte], place + 1
    if byte < 0xE0:
        return classes[(byte & 0x1F) << 6 | data[place + 1] & 0x3F], place + 2
    second, third = np.int64(data[place + 1] & 0x3F), data[place + 2] & 0x3F
    if byte < 0xF0:
        return classes[np.int64(byte & 0xF) << 12 | second << 6 | third], place + 3
    fourth = data[place + 3] & 0x3F
    return classes[np.int64(byte & 7) << 18 | second << 12 | np.int64(third) << 6 | fourth], place + 4


@compiled
def find_runs(
    data: Bytes,
    lines: Places,
    line_ends: Places,
    classes: Bytes,
    starts: Places,
    ends: Places,
    offsets: Offsets,
) -> int:
    """Runs of characters that are not SPACE; returns how many.

    Line l is `data[lines[l]:line_ends[l]]`, valid UTF-8; `classes` (0x110000,) has the class of each
    code point. `starts`, `ends`, which need room for one run every two bytes and one a line, and
    `offsets` (L+1,) receive the places in bytes.
    """
    count = 0
    offsets[0] = 0
    for line in range(lines.size):
        place, end = np.int64(lines[line]), np.int64(line_ends[line])
        inside = False
        while place < end:
            kind, following = _class(data, place, classes)
            if kind & SPACE:
                if inside:
                    ends[count] = place
                    count += 1
                inside = False
            elif not inside:
                starts[count] = place
                inside = True
            place = following
        if inside:
            ends[count] = end
            count += 1
        offsets[line + 1] = count
    return count


@compiled
def find_characters(
    data: Bytes, lines: Places, line_ends: Places, classes: Bytes, keep_space: bool,
    starts: Places, ends: Places, offsets: Offsets,
) -> int:  # fmt: skip
    """Single characters, those that are SPACE only with `keep_space`; returns how many.

    As `find_runs`, with room for one character a byte.
    """
    count = 0
    offsets[0] = 0
    for line in range(lines.size):
        place, end = np.int64(lines[line]), np.int64(line_ends[line])
        while place < end:
            kind, following = _class(data, place, classes)
            if keep_space or not kind & SPACE:
                starts[count] = place
                ends[count] = following
                count += 1
            place = following
        offsets[line + 1] = count
    return count


@compiled
def _end_of_run(data: Bytes, place: Place, end: Place, classes: Bytes, wanted: int) -> Place:
    """Where the characters of the class `wanted` that begin at `place` end."""
    while place < end:
        kind, following = _class(data, place, classes)
        if not kind & wanted:
            break
        place = following
    return place


@compiled
def _end_of_number(data: Bytes, place: Place, end: Place, classes: Bytes) -> Place:
    r"""Where `\d+(?:[.,]\d+)*` ends, which begins at `place`."""
    place = _end_of_run(data, place, end, classes, DIGIT)
    while place < end and (data[place] == 0x2E or data[place] == 0x2C):
        after = _end_of_run(data, place + 1, end, classes, DIGIT)
        if after == place + 1:
            break
        place = after
    return place


@compiled
def _end_of_word(data: Bytes, place: Place, end: Place, classes: Bytes) -> Place:
    """Where a word ends that begins at `place`: runs of WORD with one ' or ’ between them."""
    place = _end_of_run(data, place, end, classes, WORD)
    while place < end:
        if data[place] == 0x27:
            begin = place + 1
        elif data[place] == 0xE2 and data[place + 1] == 0x80 and data[place + 2] == 0x99:  # ’
            begin = place + 3
        else:
            break
        after = _end_of_run(data, begin, end, classes, WORD)
        if after == begin:
            break
        place = after
    return place


@compiled
def find_words(
    data: Bytes,
    lines: Places,
    line_ends: Places,
    classes: Bytes,
    starts: Places,
    ends: Places,
    offsets: Offsets,
) -> int:
    """Single HAN characters, numbers, words and single MARKs, in this order of choice; returns how many.

    As `find_runs`, with room for one token a byte.
    """
    count = 0
    offsets[0] = 0
    for line in range(lines.size):
        place, end = np.int64(lines[line]), np.int64(line_ends[line])
        while place < end:
            kind, following = _class(data, place, classes)
            if kind & HAN == 0:
                if kind & DIGIT:
                    following = _end_of_number(data, following, end, classes)
                elif kind & WORD:
                    following = _end_of_word(data, following, end, classes)
            if kind & (HAN | DIGIT | WORD | MARK):
                starts[count] = place
                ends[count] = following
                count += 1
            place = following
        offsets[line + 1] = count
    return count


@compiled
def byte_places(data: Bytes, lines: Places, offsets: Offsets, places: Places, counted: Places) -> None:
    """Places in characters, counted from the start of each line, to places in bytes.

    Line l begins at `data[lines[l]]`; `places[offsets[l]:offsets[l+1]]` are the places in it, near to
    each other in turn, or it takes long; `counted` (same shape) receives the bytes.
    """
    for line in range(lines.size):
        byte = np.int64(lines[line])
        character = 0
        for i in range(offsets[line], offsets[line + 1]):
            while character > places[i]:
                byte -= 1
                while data[byte] & 0xC0 == 0x80:
                    byte -= 1
                character -= 1
            while character < places[i]:
                first = data[byte]
                byte += 1 + (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)
                character += 1
            counted[i] = byte


@compiled
def repeat_tokens(
    starts: Places, codes: Places, lines: Offsets, first: Offsets, token_starts: Places, token_ends: Places,
    out_starts: Places, out_ends: Places, out_offsets: Offsets,
) -> int:  # fmt: skip
    """The tokens of stretches of text that are known by their codes; returns how many.

    Stretch s begins at byte `starts[s]` and line l has the stretches `lines[l]` to `lines[l+1]`-1. Code
    c has the tokens `first[c]` to `first[c+1]`-1, whose `token_starts` and `token_ends` count from the
    beginning of the stretch. `out_offsets` (L+1,); `out_starts`, `out_ends` need room for every token.
    """
    count = 0
    out_offsets[0] = 0
    for line in range(lines.size - 1):
        for stretch in range(lines[line], lines[line + 1]):
            start, code = starts[stretch], codes[stretch]
            for token in range(first[code], first[code + 1]):
                out_starts[count] = start + token_starts[token]
                out_ends[count] = start + token_ends[token]
                count += 1
        out_offsets[line + 1] = count
    return count
