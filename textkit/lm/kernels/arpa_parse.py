"""Lines of an ARPA file parsed: "LOG<tab>word word[<tab>LOG]", with blanks or tabs between."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Floats32 = npt.NDArray[np.float32]

_0, _1, _8, _10 = (np.uint64(i) for i in (0, 1, 8, 10))  # unsigned: no test for negative places
_TAB, _END, _RETURN, _BLANK, _PLUS, _MINUS, _POINT = (np.uint8(ord(c)) for c in "\t\n\r +-.")
_ZERO = -99.0  # the logarithm of zero, by custom
_TOO_LARGE = 2.0**128 - 2.0**103  # from here on float32 rounds to infinity
_POWERS = np.array([float(10**i) for i in range(46)])  # exact up to 10**22
_FULL = np.uint64(10**18)  # one more digit still fits into 64 bits
_EXACT = np.uint64(2**53)


@compiled
def _skip(text: Bytes, place: np.uint64, byte: np.uint8, other: np.uint8) -> np.uint64:
    """The first place from `place` on with neither byte."""
    while text[place] == byte or text[place] == other:
        place += _1
    return place


@compiled
def _read_digits(
    text: Bytes, place: np.uint64, mantissa: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Digits appended to `mantissa`: it, how many it took in, and the place after all digits."""
    taken = _0
    digit = np.uint64(text[place]) - np.uint64(48)
    while digit < _10:
        if mantissa < _FULL:
            mantissa = mantissa * _10 + digit
            taken += _1
        place += _1
        digit = np.uint64(text[place]) - np.uint64(48)
    return mantissa, taken, place


@compiled
def _read_number(text: Bytes, place: np.uint64) -> tuple[float, np.uint64]:
    """A number and the place after it; that is 0 for one better left to Python.

    Numbers that float32 may round otherwise than float64 does, and all that is not plain decimal.
    """
    negative = text[place] == _MINUS
    if negative or text[place] == _PLUS:
        place += _1
    infinite = text[place] == 105 and text[place + _1] == 110 and text[place + _1 + _1] == 102
    after = place + np.uint64(3)
    begin = place
    mantissa, taken, place = _read_digits(text, place, _0)
    exponent = np.int64(place - begin) - np.int64(taken)
    length = place - begin
    if text[place] == _POINT:
        begin = place + _1
        mantissa, taken, place = _read_digits(text, begin, mantissa)
        exponent -= np.int64(taken)
        length += place - begin
    good = length > _0
    if good and (text[place] == 101 or text[place] == 69):
        place += _1
        down = text[place] == _MINUS
        if down or text[place] == _PLUS:
            place += _1
        begin = place
        power, taken, place = _read_digits(text, place, _0)
        good = place > begin and place - begin < _8
        exponent += -np.int64(power) if down else np.int64(power)
    if mantissa == _0:
        exponent = 0
    value = 0.0
    if not -46 < exponent < 46:
        good = False
    elif exponent < 0:
        value = np.float64(mantissa) / _POWERS[-exponent]
    else:
        value = np.float64(mantissa) * _POWERS[exponent]
    exact = mantissa <= _EXACT and -23 < exponent < 23
    if not exact and np.float32(value * (1 - 1e-15)) != np.float32(value * (1 + 1e-15)):
        good = False
    if infinite:
        value, good, place = np.inf, True, after
    return (-value if negative else value), (place if good else _0)


@compiled
def _line_ends(text: Bytes, place: np.uint64) -> np.uint64:
    """The place of the line end when only carriage returns stand before it, else `place`."""
    end = _skip(text, place, _RETURN, _RETURN)
    return end if text[end] == _END else place


@compiled
def parse_entries(
    text: Bytes, place: int, begin: int, longest: bool, logs: Floats32, starts: Places, ends: Places
) -> tuple[int, int]:  # fmt: skip
    """Parse lines from `place` on as entries `begin` to N - 1: logarithms (N, 2), places of words (N * k,).

    Every line of `text` has its end. Stops at a line that is wrong or not of the usual form, when its
    words and numbers mean nothing. Returns the entry it stopped at and the place of its line.
    """
    order = starts.size // max(1, logs.shape[0])
    entry = begin
    line = np.uint64(place)
    good = True
    while good and entry < logs.shape[0]:
        at = _skip(text, line, _BLANK, _TAB)
        prob, at = _read_number(text, at)
        good = at > _0 and prob <= 0.0 and (text[at] == _BLANK or text[at] == _TAB)
        word = entry * order
        stop = word + order
        while good and word < stop:
            at = _skip(text, at, _BLANK, _TAB)
            starts[word] = at
            while text[at] > _BLANK or (text[at] != _BLANK and text[at] != _TAB and text[at] != _END):
                at += _1
            end = at
            if text[at] == _END:
                while end > _0 and text[end - _1] == _RETURN:
                    end -= _1
            ends[word] = end
            good = ends[word] > starts[word]
            word += 1
        if good:
            at = _line_ends(text, _skip(text, at, _BLANK, _TAB))
            backoff = 0.0
            if text[at] != _END and not longest:
                backoff, at = _read_number(text, at)
                if at > _0:
                    at = _line_ends(text, _skip(text, at, _BLANK, _TAB))
            good = at > _0 and text[at] == _END and backoff < _TOO_LARGE
            if good:
                logs[entry, 0] = prob if np.float32(prob) > _ZERO else -np.inf
                logs[entry, 1] = backoff if np.float32(backoff) > _ZERO else -np.inf
                line = at + _1
                entry += 1
    return entry, np.int64(line)
