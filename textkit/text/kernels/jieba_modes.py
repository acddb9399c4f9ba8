"""jieba's full and search modes over buffers of lines; see `jieba` for labels and units."""

from __future__ import annotations

import numpy as np

from textkit.text.kernels.compiled import compiled, inlined
from textkit.text.kernels.jieba import (
    ALNUM,
    BASE_AT,
    FORBIDDEN,
    LABEL,
    WEIGHT,
    WEIGHT_AT,
    Bytes,
    Labels,
    Longs,
    Places,
    Spots,
    Units,
    label_at,
    weight_of,
    width_at,
)

_0, _1, _2, _4 = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(4)


@inlined
def is_space(data: Bytes, place: np.uint64) -> bool:
    r"""Whether the character at a byte is white space to Python's \s."""
    byte = data[place]
    code = 0
    if byte < 0x80:
        code = np.uint32(byte)
    elif byte < 0xE0:
        code = np.uint32((byte & 0x1F) << 6 | (data[place + _1] & 0x3F))
    elif byte < 0xF0:
        code = np.uint32((byte & 0x0F) << 12 | (data[place + _1] & 0x3F) << 6 | (data[place + _2] & 0x3F))
    return (
        9 <= code <= 13
        or 28 <= code <= 32
        or code == 0x85
        or code == 0xA0
        or code == 0x1680
        or 0x2000 <= code <= 0x200A
        or code == 0x2028
        or code == 0x2029
        or code == 0x202F
        or code == 0x205F
        or code == 0x3000
    )


@compiled
def search_words(
    data: Bytes, starts: Places, ends: Places, offsets: Longs, alphabet: Labels, units: Units, labels: Labels,
    places: Spots, out_starts: Places, out_ends: Places, out_offsets: Longs,
) -> None:  # fmt: skip
    """Before each word of the accurate mode the dictionary's words of two, then three characters in it.

    `labels` and `places` are room to work in, one more than the longest word has bytes; the outputs need
    room for two words a byte.
    """
    words = _0
    out_offsets[0] = 0
    for line in range(offsets.size - 1):
        for word in range(offsets[line], offsets[line + 1]):
            size = _0
            place = np.uint64(starts[word])
            end = np.uint64(ends[word])
            while place < end:
                labels[size] = label_at(data, place, alphabet)
                places[size] = place
                size += _1
                place += width_at(data, place)
            places[size] = place
            for length in range(_2, min(size, _4)):
                for begin in range(_0, size - length + _1):
                    if weight_of(labels, begin, begin + length, units) > FORBIDDEN:
                        out_starts[words] = places[begin]
                        out_ends[words] = places[begin + length]
                        words += _1
            out_starts[words] = starts[word]
            out_ends[words] = ends[word]
            words += _1
        out_offsets[line + 1] = words


@inlined
def words_from(labels: Labels, begin: np.uint64, size: np.uint64, units: Units, lasts: Spots) -> np.uint64:
    """The last characters of all words that begin at a character, into `lasts`; their number.

    Where there is none, the character itself.
    """
    count = _0
    unit = units[labels[begin]]
    end = begin
    while True:
        if unit >> WEIGHT_AT & WEIGHT > FORBIDDEN:
            lasts[count] = end
            count += _1
        base = unit >> BASE_AT
        end += _1
        if base == _0 or end == size:
            break
        unit = units[base + labels[end]]
        if unit & LABEL != labels[end]:
            break
    if count == _0:
        lasts[0] = begin
        count = _1
    return count


@compiled
def full_words(
    data: Bytes, line_starts: Places, line_ends: Places, alphabet: Labels, units: Units, labels: Labels,
    places: Spots, lasts: Spots, first_line: int, starts: Places, ends: Places, offsets: Longs,
) -> int:  # fmt: skip
    """All words of the dictionary, line by line from `first_line`; see `tokenizers.jieba` for the rules.

    `labels`, `places` and `lasts` are room to work in, one more than the longest line has bytes.

    Returns the line that did not fit into `starts` and `ends` any more, or the number of lines; -1
    when a token would have to join letters that are not neighbours, which places cannot say.
    """
    words = np.uint64(offsets[first_line])
    room = np.uint64(starts.size)
    for line in range(first_line, line_starts.size):
        place = np.uint64(line_starts[line])
        line_end = np.uint64(line_ends[line])
        while place < line_end:
            label = label_at(data, place, alphabet)
            if label == 0:
                # Other text is split at each white space, and what lies between is a token even if empty.
                piece = place
                while place < line_end and label == 0:
                    if words + _4 > room:
                        return line
                    width = width_at(data, place)
                    if is_space(data, place):
                        if data[place] == 13 and place + _1 < line_end and data[place + _1] == 10:
                            width = _2
                        starts[words] = piece
                        ends[words] = place
                        starts[words + _1] = place
                        ends[words + _1] = place + width
                        words += _2
                        piece = place + width
                    place += width
                    if place < line_end:
                        label = label_at(data, place, alphabet)
                starts[words] = piece
                ends[words] = place
                words += _1
                continue
            size = _0
            while label != 0:
                labels[size] = label
                places[size] = place
                size += _1
                place += width_at(data, place)
                if place >= line_end:
                    break
                label = label_at(data, place, alphabet)
            places[size] = place
            covered = _0  # the first character that no word covers yet
            running = False  # letters and digits that no word covers run together
            run_begin = run_end = _0
            for begin in range(_0, size):
                count = words_from(labels, begin, size, units, lasts)
                if words + count + _2 > room:
                    return line
                is_western = labels[begin] <= ALNUM
                if running and not is_western:
                    starts[words] = places[run_begin]
                    ends[words] = places[run_end]
                    words += _1
                    running = False
                if count == _1 and begin >= covered:
                    covered = np.uint64(lasts[0]) + _1
                    if is_western:
                        if not running:
                            run_begin = begin
                        elif run_end != begin:
                            return -1
                        running = True
                        run_end = covered
                    else:
                        starts[words] = places[begin]
                        ends[words] = places[covered]
                        words += _1
                    continue
                for i in range(count):
                    if lasts[i] > begin:
                        covered = np.uint64(lasts[i]) + _1
                        starts[words] = places[begin]
                        ends[words] = places[covered]
                        words += _1
            if running:
                starts[words] = places[run_begin]
                ends[words] = places[run_end]
                words += _1
        offsets[line + 1] = words
    return line_starts.size
