"""The lines of an ARPA file, "LOG<tab>word word[<tab>LOG]", written from tables of ids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats32 = npt.NDArray[np.float32]

# Unsigned places spare the test for negative ones, and let eight bytes be copied as one.
_0, _1, _2, _3, _4, _5, _6, _7, _8 = (np.uint64(i) for i in range(9))
_10, _100 = np.uint64(10), np.uint64(100)
_TAB, _END, _RETURN, _BLANK, _PLUS, _MINUS, _POINT, _NOUGHT = (np.uint8(ord(c)) for c in "\t\n\r +-.0")
_ZERO = -99.0  # the logarithm of zero, by custom
_LARGEST = float(np.finfo(np.float32).max)
_POWERS = np.array([float(10**i) for i in range(16)])
_PAIRS = np.frombuffer(b"".join(b"%02d" % i for i in range(100)), np.uint8)
_FULL = np.uint64(10**18)  # one more digit still fits into 64 bits
_EXACT = np.uint64(2**53)


@compiled
def _put_digits(out: Bytes, place: np.uint64, number: np.uint64, count: np.uint64) -> np.uint64:
    """The last `count` digits of a number; returns the place after them."""
    end = place + count
    at = end
    while at > place + _1:
        pair = number % _100 << _1
        number //= _100
        at -= _2
        out[at] = _PAIRS[pair]
        out[at + _1] = _PAIRS[pair + _1]
    if at > place:
        out[place] = _NOUGHT + np.uint8(number % _10)
    return end


@compiled
def put_decimal(
    out: Bytes, place: np.uint64, whole: np.uint64, digits: np.uint64, count: np.uint64
) -> np.uint64:
    """`whole`, and after the point `count` digits but for zeros at their end."""
    size = _1
    power = _10
    while whole >= power:
        power *= _10
        size += _1
    place = _put_digits(out, place, whole, size)
    while count > _0 and digits % _10 == _0:
        digits //= _10
        count -= _1
    if count > _0:
        out[place] = _POINT
        place = _put_digits(out, place + _1, digits, count)
    return place


@compiled
def _put_exponential(out: Bytes, place: np.uint64, value: float) -> np.uint64:
    """Nine digits and a power of ten, for a positive number."""
    power = 0
    while value >= 10.0:
        value /= 10.0
        power += 1
    while value < 1.0:
        value *= 10.0
        power -= 1
    digits = np.uint64(value * 1e8 + 0.5)
    place = put_decimal(out, place, digits // np.uint64(10**8), digits % np.uint64(10**8), _8)
    out[place] = 101
    place += _1
    if power < 0:
        out[place] = _MINUS
        place += _1
        power = -power
    return put_decimal(out, place, np.uint64(power), _0, _0)


@compiled
def _put_log(out: Bytes, place: np.uint64, log: np.float32) -> np.uint64:
    """A logarithm in so many digits that it reads back as the same float32, less than 5e-8 away."""
    value = np.float64(log)
    if not value > _ZERO:  # -inf, and what is no number
        value = _ZERO
    if value < 0.0:
        out[place] = _MINUS
        place += _1
        value = -value
    if value == 0.0:
        out[place] = _NOUGHT
        place += _1
    elif 1.0 <= value < 1e8:
        digits = np.uint64(value * 1e7 + 0.5)
        place = put_decimal(out, place, digits // np.uint64(10**7), digits % np.uint64(10**7), _7)
    elif 1e-5 <= value < 1.0:
        # From the first digit that is not zero seven are enough for some, and nine for all.
        count = 7
        while value * _POWERS[count] < 1e6:
            count += 1
        rounded = np.floor(value * _POWERS[count] + 0.5)
        while np.float32(rounded / _POWERS[count]) != np.float32(value):
            count += 1
            rounded = np.floor(value * _POWERS[count] + 0.5)
        place = put_decimal(out, place, _0, np.uint64(rounded), np.uint64(count))
    else:
        place = _put_exponential(out, place, min(value, _LARGEST))
    return place


@compiled
def put_word(out: Bytes, place: np.uint64, arena: Bytes, begin: int, end: int) -> np.uint64:
    """A word, eight bytes at a time; what is too much is written over."""
    at, stop = np.uint64(begin), np.uint64(end)
    after = place + (stop - at)
    while at < stop:
        b0, b1, b2, b3 = arena[at], arena[at + _1], arena[at + _2], arena[at + _3]
        b4, b5, b6, b7 = arena[at + _4], arena[at + _5], arena[at + _6], arena[at + _7]
        out[place] = b0
        out[place + _1] = b1
        out[place + _2] = b2
        out[place + _3] = b3
        out[place + _4] = b4
        out[place + _5] = b5
        out[place + _6] = b6
        out[place + _7] = b7
        at += _8
        place += _8
    return after


@compiled
def format_entries(
    ids: Places, begin: int, log_prob: Floats32, log_backoff: Floats32,
    arena: Bytes, places: Longs, room: int, out: Bytes,
) -> tuple[int, int]:  # fmt: skip
    """Write the lines of n-grams `ids` (N, k) from `begin` on, while `out` has `room` bytes for one more.

    Word w is arena[places[w]:places[w+1]]; seven bytes follow the last one in `arena`. `log_backoff` is
    empty where there are none. Returns the n-gram it stopped at, and the bytes written.
    """
    place = _0
    row = begin
    while row < log_prob.size and np.int64(place) + room <= out.size:
        place = _put_log(out, place, log_prob[row])
        out[place] = _TAB
        for j in range(ids.shape[1]):
            word = np.uint64(ids[row, j])
            place = put_word(out, place + _1, arena, places[word], places[word + _1])
            out[place] = _BLANK
        if log_backoff.size:
            out[place] = _TAB
            place = _put_log(out, place + _1, log_backoff[row])
        out[place] = _END
        place += _1
        row += 1
    return row, np.int64(place)


@compiled
def climb(first: Longs, words: Places, rows: Longs, ids: Places, column: int) -> None:
    """Put the last words of n-grams into a column of `ids`, and their prefixes in the place of `rows`.

    `rows` (N,) ascend; the children of row r, one order lower, are the rows first[r] to first[r+1] - 1.
    """
    if rows.size:
        low, high = 0, first.size - 1
        while high - low > 1:
            middle = (low + high) >> 1
            if first[middle] <= rows[0]:
                low = middle
            else:
                high = middle
        prefix = low
        for i in range(rows.size):
            row = rows[i]
            while first[prefix + 1] <= row:
                prefix += 1
            ids[i, column] = words[row]
            rows[i] = prefix
