"""jieba's full and search modes over buffers of lines; see `jieba` for labels and units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled, inlined
from textkit.text.kernels.jieba import (
    ALNUM,
    BASE_AT,
    FORBIDDEN,
    LABEL,
    WEIGHT,
    WEIGHT_AT,
    Labels,
    label_at,
    weight_of,
    width_at,
)

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


@inlined
def is_space(data: Bytes, place: int, width: int) -> bool:
    r"""Whether the character of `width` bytes at a place is white space to Python's \s."""
    byte = data[place]
    if width == 1:
        return 9 <= byte <= 13 or 28 <= byte <= 32
    if width == 2:
        return byte == 0xC2 and (data[place + 1] == 0x85 or data[place + 1] == 0xA0)
    if width == 4:
        return False
    code = (byte & 0x0F) << 12 | (data[place + 1] & 0x3F) << 6 | (data[place + 2] & 0x3F)
    return (
        0x2000 <= code <= 0x200A
        or code == 0x1680
        or code == 0x2028
        or code == 0x2029
        or code == 0x202F
        or code == 0x205F
        or code == 0x3000
    )


@compiled
def search_words(
    data: Bytes, starts: Places, ends: Places, offsets: Longs, alphabet: Labels, units: Longs, labels: Places,
    places: Places, out_starts: Places, out_ends: Places, out_offsets: Longs,
) -> None:  # fmt: skip
    """Before each word of the accurate mode the dictionary's words of two, then three characters in it.

    `labels` and `places` are room to work in, one more than the longest word has bytes; the outputs need
    room for two words a byte.
    """
    words = 0
    out_offsets[0] = 0
    for line in range(offsets.size - 1):
        for word in range(offsets[line], offsets[line + 1]):
            size = 0
            place = starts[word]
            while place < ends[word]:
                labels[size] = label_at(data, place, alphabet)
                places[size] = place
                size += 1
                place += width_at(data, place)
            places[size] = place
            for length in range(2, min(size, 4)):
                for begin in range(size - length + 1):
                    if weight_of(labels, begin, begin + length, units) > FORBIDDEN:
                        out_starts[words] = places[begin]
                        out_ends[words] = places[begin + length]
                        words += 1
            out_starts[words] = starts[word]
            out_ends[words] = ends[word]
            words += 1
        out_offsets[line + 1] = words


@inlined
def _words_from(labels: Places, begin: int, size: int, units: Longs, lasts: Places) -> int:
    """The last characters of all words that begin at a character, into `lasts`; their number.

    Where there is none, the character itself.
    """
    count = 0
    label = labels[begin]
    unit = units[label]
    end = begin
    while unit & LABEL == label:
        if unit >> WEIGHT_AT & WEIGHT > FORBIDDEN:
            lasts[count] = end
            count += 1
        base = unit >> BASE_AT
        end += 1
        if base == 0 or end == size:
            break
        label = labels[end]
        unit = units[base + label]
    if count == 0:
        lasts[0] = begin
        count = 1
    return count


@compiled
def full_words(
    data: Bytes, line_starts: Places, line_ends: Places, alphabet: Labels, units: Longs, labels: Places,
    places: Places, lasts: Places, first_line: int, starts: Places, ends: Places, offsets: Longs,
) -> int:  # fmt: skip
    """All words of the dictionary, line by line from `first_line`; see `tokenizers.jieba` for the rules.

    `labels`, `places` and `lasts` are room to work in, one more than the longest line has bytes.

    Returns the line that did not fit into `starts` and `ends` any more, or the number of lines; -1
    when a token would have to join letters that are not neighbours, which places cannot say.
    """
    words = offsets[first_line]
    for line in range(first_line, line_starts.size):
        place = line_starts[line]
        line_end = line_ends[line]
        while place < line_end:
            label = label_at(data, place, alphabet)
            width = width_at(data, place)
            if label == 0:
                # Other text is split at each white space, and what lies between is a token even if empty.
                piece = place
                while place < line_end and label == 0:
                    if words + 4 > starts.size:
                        return line
                    if is_space(data, place, width):
                        if data[place] == 13 and place + 1 < line_end and data[place + 1] == 10:
                            width = 2
                        starts[words] = piece
                        ends[words] = place
                        starts[words + 1] = place
                        place += width
                        ends[words + 1] = place
                        words += 2
                        piece = place
                    else:
                        place += width
                    if place < line_end:
                        label = label_at(data, place, alphabet)
                        width = width_at(data, place)
                starts[words] = piece
                ends[words] = place
                words += 1
                continue
            size = 0
            while label != 0:
                labels[size] = label
                places[size] = place
                size += 1
                place += width
                if place >= line_end:
                    break
                label = label_at(data, place, alphabet)
                width = width_at(data, place)
            places[size] = place
            covered = -1  # the last character that a word covers
            run_begin = -1  # letters and digits that no word covers run together
            run_end = -1
            for begin in range(size):
                count = _words_from(labels, begin, size, units, lasts)
                if words + count + 2 > starts.size:
                    return line
                is_western = labels[begin] <= ALNUM
                if run_begin >= 0 and not is_western:
                    starts[words] = places[run_begin]
                    ends[words] = places[run_end]
                    words += 1
                    run_begin = -1
                if count == 1 and begin > covered:
                    covered = lasts[0]
                    if is_western:
                        if run_begin < 0:
                            run_begin = begin
                        elif run_end != begin:
                            return -1
                        run_end = covered + 1
                    else:
                        starts[words] = places[begin]
                        ends[words] = places[covered + 1]
                        words += 1
                    continue
                for i in range(count):
                    if lasts[i] > begin:
                        starts[words] = places[begin]
                        ends[words] = places[lasts[i] + 1]
                        words += 1
                        covered = lasts[i]
            if run_begin >= 0:
                starts[words] = places[run_begin]
                ends[words] = places[run_end]
                words += 1
        offsets[line + 1] = words
    return line_starts.size
