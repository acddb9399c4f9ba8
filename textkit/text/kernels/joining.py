"""Tokens and ids written out as lines of text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]

# Unsigned places spare the test for negative ones.
_0, _1, _2, _3, _4, _5, _6, _7 = [np.uint64(i) for i in range(8)]
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
# What follows the backslash of JSON's short escapes, by byte; 0 where there is none.
_ESCAPES = np.zeros(128, np.uint8)
for _byte, _letter in zip(b'"\\\b\f\n\r\t', b'"\\bfnrt', strict=True):
    _ESCAPES[_byte] = _letter


@compiled
def join_tokens(
    data: Bytes, starts: Places, ends: Places, offsets: Offsets, separator: Bytes, out: Bytes
) -> int:
    """Each line's tokens with `separator` between them, and a line end; returns the bytes written.

    `out` needs room for every token, separator and line end, and seven bytes more: tokens are copied
    eight bytes at a time, as one load and one store, and what is too much is written over.
    """
    size = _0
    whole = data.size - 8  # the last place with eight bytes
    for line in range(offsets.size - 1):
        for token in range(offsets[line], offsets[line + 1]):
            if token > offsets[line]:
                for i in range(separator.size):
                    out[size] = separator[i]
                    size += _1
            place, end = starts[token], ends[token]
            while place < end:
                at = np.uint64(place)
                if place > whole:
                    out[size] = data[at]
                    size += _1
                    place += 1
                    continue
                b0, b1, b2, b3 = data[at], data[at + _1], data[at + _2], data[at + _3]
                b4, b5, b6, b7 = data[at + _4], data[at + _5], data[at + _6], data[at + _7]
                out[size] = b0
                out[size + _1] = b1
                out[size + _2] = b2
                out[size + _3] = b3
                out[size + _4] = b4
                out[size + _5] = b5
                out[size + _6] = b6
                out[size + _7] = b7
                size += np.uint64(min(8, end - place))
                place += 8
        out[size] = 10
        size += _1
    return np.int64(size)


@compiled
def join_ids(ids: Places, offsets: Offsets, out: Bytes) -> int:
    """Each line's ids (not negative) in decimal with a space between, and a line end; the bytes written.

    `out` needs room for eleven bytes an id and one a line.
    """
    size = 0
    for line in range(offsets.size - 1):
        for i in range(offsets[line], offsets[line + 1]):
            if i > offsets[line]:
                out[size] = 32
                size += 1
            rest = ids[i]
            digits = 1
            while rest > 9:
                rest //= 10
                digits += 1
            rest = ids[i]
            for place in range(size + digits - 1, size - 1, -1):
                out[place] = 48 + rest % 10
                rest //= 10
            size += digits
        out[size] = 10
        size += 1
    return size


@compiled
def json_strings(
    data: Bytes, starts: Places, ends: Places, offsets: Offsets, prefix: Bytes, suffix: Bytes, out: Bytes
) -> int:
    r"""Each line's tokens as a JSON array of strings between `prefix` and `suffix`; the bytes written.

    Escapes as `json.dumps(..., ensure_ascii=False)` writes them. `out` needs room for six bytes a
    byte, four a token, and two, prefix and suffix a line.
    """
    size = 0
    for line in range(offsets.size - 1):
        for place in range(prefix.size):
            out[size] = prefix[place]
            size += 1
        out[size] = 91  # [
        size += 1
        for token in range(offsets[line], offsets[line + 1]):
            if token > offsets[line]:
                out[size] = 44  # ,
                out[size + 1] = 32
                size += 2
            out[size] = 34  # "
            size += 1
            for place in range(starts[token], ends[token]):
                byte = data[place]
                if byte < 128 and (byte < 32 or _ESCAPES[byte] != 0):
                    out[size] = 92  # \
                    if _ESCAPES[byte] != 0:
                        out[size + 1] = _ESCAPES[byte]
                        size += 2
                    else:
                        out[size + 1] = 117  # u00
                        out[size + 2] = 48
                        out[size + 3] = 48
                        out[size + 4] = _HEX[byte >> 4]
                        out[size + 5] = _HEX[byte & 15]
                        size += 6
                else:
                    out[size] = byte
                    size += 1
            out[size] = 34
            size += 1
        out[size] = 93  # ]
        size += 1
        for place in range(suffix.size):
            out[size] = suffix[place]
            size += 1
    return size
