"""Where the tokens of lines of UTF-8 stand, found in one walk by the class of each character."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.utf8 import eight_bytes

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Place = int | np.int64
Offsets = npt.NDArray[np.int64]

SPACE = 1  # white space
HAN = 2  # a token by itself, before all else
DIGIT = 4
WORD = 8  # a letter, mark, digit or underscore that is not Han
MARK = 16  # any other character that is a token by itself

_0, _1, _2, _3, _7, _8, _16 = (np.uint64(i) for i in (0, 1, 2, 3, 7, 8, 16))
_HIGH = np.uint64(0x8080808080808080)  # the highest bit of each byte
_REST = np.uint64(0x7F7F7F7F7F7F7F7F)
_BLANKS = np.uint64(0x2020202020202020)
_GATHER = np.uint64(0x0102040810204080)  # brings the lowest bit of each byte together in the highest byte


def _places_of_bits() -> npt.NDArray[np.uint64]:
    """For each byte: where its bits are, four at most, a byte for each; and above that how many."""
    packed = np.zeros(256, np.uint64)
    for bits in range(256):
        places = [place for place in range(8) if bits >> place & 1][:4]
        packed[bits] = sum((place << 8 * i for i, place in enumerate(places)), len(places) << 32)
    return packed


_PLACES_OF_BITS = _places_of_bits()


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
def _write_places(bits: np.uint64, place: np.uint64, places: Places, count: np.uint64) -> np.uint64:
    """Add `place` plus i for each byte i whose highest bit is set, four at most; returns the new count.

    Four are written however many there are: without a branch, which would go wrong at most words.
    """
    packed = _PLACES_OF_BITS[(bits >> _7) * _GATHER >> np.uint64(56)]
    places[count] = place + (packed & _7)
    places[count + _1] = place + (packed >> np.uint64(8) & _7)
    places[count + _2] = place + (packed >> np.uint64(16) & _7)
    places[count + _3] = place + (packed >> np.uint64(24) & _7)
    return count + (packed >> np.uint64(32))


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
    code point, of which those from ! to ~ are not SPACE and the blank is. `starts`, `ends`, which need
    room for one run every two bytes, one a line and four more, and `offsets` (L+1,) receive the places
    in bytes.

    Eight bytes at once where they are ASCII without control characters, else one character after the other.
    """
    begun = ended = _0
    offsets[0] = 0
    size = np.uint64(data.size)
    for line in range(lines.size):
        place, end = np.uint64(lines[line]), np.uint64(line_ends[line])
        before = np.uint64(0x80)  # whether what stands before `place` is SPACE, or the line's start
        while place < end:
            word, plain = _0, place + _8 <= size
            if plain:
                word = eight_bytes(data, place)
                if end - place < _8:  # what follows the line counts as blanks
                    keep = (_1 << ((end - place) << _3)) - _1
                    word = word & keep | _BLANKS & ~keep
                plain = (word | word - _BLANKS) & _HIGH == _0
            if plain:
                space = (word ^ _BLANKS) + _REST & _HIGH ^ _HIGH
                shifted = space << _8 | before
                begun = _write_places(shifted & ~space, place, starts, begun)
                ended = _write_places(space & ~shifted, place, ends, ended)
                before = space >> np.uint64(56)
                place += _8
            else:
                stop = min(place + _16, end)
                while place < stop:
                    kind, following = _class(data, np.int64(place), classes)
                    if kind & SPACE:
                        if before == _0:
                            ends[ended] = place
                            ended += _1
                        before = np.uint64(0x80)
                    else:
                        if before != _0:
                            starts[begun] = place
                            begun += _1
                        before = _0
                    place = np.uint64(following)
        if ended < begun:
            ends[ended] = end
            ended += _1
        offsets[line + 1] = begun
    return np.int64(begun)


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
