"""The lines of a count file, "word word<tab>COUNT", parsed and written; and counts made to fit each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.kernels.arpa_text import put_decimal, put_word
from textkit.text.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Counts = npt.NDArray[np.signedinteger[Any]]

_0, _1, _2 = (np.uint64(i) for i in (0, 1, 2))  # unsigned: no test for negative places
_TAB, _END, _RETURN, _BLANK = (np.uint8(ord(c)) for c in "\t\n\r ")
_OPEN, _SLASH, _LETTER, _CLOSE = (np.uint8(ord(c)) for c in "</s>")
_DIGITS = 18  # of a count: it fits into 63 bits
_ABSENT = -1


@compiled
def _mark(text: Bytes, begin: int, end: int) -> int:
    """1 for `</s>`, 2 for `<s>`, 0 for any other word."""
    at, size = np.uint64(begin), end - begin
    mark = 0
    if 3 <= size <= 4 and text[at] == _OPEN and text[np.uint64(end) - _1] == _CLOSE:
        if size == 3 and text[at + _1] == _LETTER:
            mark = 2
        elif size == 4 and text[at + _1] == _SLASH and text[at + _2] == _LETTER:
            mark = 1
    return mark


@compiled
def _count(text: Bytes, begin: int, end: int) -> int:
    """A whole number; -1 for what is none, or too long a one."""
    value = 0 if 0 < end - begin <= _DIGITS else _ABSENT
    place = np.uint64(begin)
    while value >= 0 and place < np.uint64(end):
        digit = int(text[place]) - 48
        value = value * 10 + digit if 0 <= digit <= 9 else _ABSENT
        place += _1
    return value


@compiled
def _same(text: Bytes, begin: int, start: int, size: int) -> bool:
    """Whether the same `size` bytes stand at two places."""
    one, other = np.uint64(begin), np.uint64(start)
    stop = one + np.uint64(size)
    while one < stop and text[one] == text[other]:
        one += _1
        other += _1
    return bool(one == stop)


@compiled
def _fields(text: Bytes, place: np.uint64, fields: Words) -> tuple[int, np.uint64]:
    """Where the fields of a line begin and end, (2, F), as many as fit. Returns how many, the line's end."""
    count = 0
    going = True
    while going:
        while text[place] == _BLANK or text[place] == _TAB or text[place] == _RETURN:
            place += _1
        going = text[place] != _END
        if going:
            at = min(count, fields.shape[1] - 1)
            fields[0, at] = place
            while text[place] > _BLANK or (
                text[place] != _BLANK and text[place] != _TAB and text[place] != _END
                and text[place] != _RETURN
            ):  # fmt: skip
                place += _1
            fields[1, at] = place
            count += 1
    return count, place


@compiled
def parse_counts(
    text: Bytes, fields: Words, counts: Longs, lengths: Bytes, lines: Words, spans: Words, which: Words
) -> tuple[int, int, int, int]:  # fmt: skip
    """Parse whole lines: of each n-gram its count, its length and the line it is on, and what its words are.

    `which` has the words of all n-grams, flat, as columns of `spans` (2, S): where they begin and end. What
    an n-gram begins with as the one before it does is not put there again. `fields` (2, F) is room for
    those of a line, F being the most words that an n-gram may have, and two.

    Left out are blank lines, n-grams of two words and more that were counted 0 times, and `<s>` alone.
    Stops at a line that is wrong: without words or count, with too many words, with `<s>` after another word
    or a word after `</s>`. Returns the line it stopped at, and how many n-grams, words and spans it found.
    """
    place, size = _0, np.uint64(text.size)
    line, entry, words, found = 0, 0, 0, 0
    good = True
    while good and place < size:
        length, place = _fields(text, place, fields)
        length -= 1
        if length >= 0:
            good = 0 < length <= fields.shape[1] - 2
            count = _count(text, fields[0, length], fields[1, length]) if good else _ABSENT
            good = count >= 0
            mark = 0
            for j in range(length if good else 0):
                good = good and mark != 1
                mark = _mark(text, fields[0, j], fields[1, j])
                good = good and (mark != 2 or j == 0)
            if good and (count > 0 if length > 1 else mark != 2):
                before = np.int64(lengths[entry - 1]) if entry else 0
                for j in range(length):
                    begin, width = fields[0, j], fields[1, j] - fields[0, j]
                    known = 0
                    if j < before:
                        known = which[words - before + j]
                        start = spans[0, known]
                        if spans[1, known] - start != width or not _same(text, begin, start, width):
                            before = 0
                    if j >= before:
                        known = found
                        spans[0, found], spans[1, found] = begin, fields[1, j]
                        found += 1
                    which[words + j] = known
                counts[entry], lengths[entry], lines[entry] = count, length, line
                entry += 1
                words += length
        if good:
            place += _1
            line += 1
    return line, entry, words, found


@compiled
def lay_out(
    codes: Words, lengths: Bytes, counts: Longs, order: int, begin: int, text: Words, weights: Counts,
    alone: Longs,
) -> None:  # fmt: skip
    """Put n-grams one after the other into windows of `order` words, from window `begin` on.

    `text` holds -1 where nothing is put. `alone` adds up the counts of single words, by code.
    """
    word = 0
    for i in range(lengths.size):
        place = (begin + i) * order
        weights[begin + i] = counts[i]
        if lengths[i] == 1:
            alone[codes[word]] += counts[i]
        for j in range(lengths[i]):
            text[place + j] = codes[word]
            word += 1


@compiled
def take_off(first: Longs, longer: Counts, raw: Counts, begin: int, end: int) -> None:
    """Take from the sums of n-grams `begin` to `end` - 1 those of their continuations."""
    for row in range(begin, end):
        total = raw[row]
        for child in range(first[row], first[row + 1]):
            total -= longer[child]
        raw[row] = total


@compiled
def complete(first: Longs, longer: Counts, raw: Counts, begin: int, end: int, wrong: Longs) -> None:
    """Give n-grams without a count that of all their continuations.

    `wrong[0]` becomes the smallest row, below what it was, whose count is less than that.
    """
    for row in range(begin, end):
        total = np.int64(0)
        for child in range(first[row], first[row + 1]):
            total += longer[child]
        if raw[row] == 0:
            raw[row] = total
        elif raw[row] < total:
            wrong[0] = min(wrong[0], row)


@compiled
def format_counts(
    ids: Words, begin: int, counts: Longs, arena: Bytes, places: Longs, room: int, out: Bytes
) -> tuple[int, int]:  # fmt: skip
    """Write the lines of n-grams `ids` (N, k) from `begin` on, while `out` has `room` bytes for one more.

    Word w is arena[places[w]:places[w+1]]; eight bytes follow the last one in `arena`. Returns the n-gram
    it stopped at, and the bytes written.
    """
    place = _0
    row = begin
    while row < counts.size and np.int64(place) + room <= out.size:
        for j in range(ids.shape[1]):
            word = np.uint64(ids[row, j])
            place = put_word(out, place, arena, places[word], places[word + _1])
            out[place] = _BLANK
            place += _1
        out[place - _1] = _TAB
        place = put_decimal(out, place, np.uint64(counts[row]), _0, _0)
        out[place] = _END
        place += _1
        row += 1
    return row, int(place)
