"""Tokens and ids written out as lines of text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]

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

    A line end inside a token becomes a space. `out` needs room for every token, separator and line end.
    """
    size = 0
    for line in range(offsets.size - 1):
        for token in range(offsets[line], offsets[line + 1]):
            if token > offsets[line]:
                for place in range(separator.size):
                    out[size] = separator[place]
                    size += 1
            for place in range(starts[token], ends[token]):
                byte = data[place]
                out[size] = 32 if byte == 10 else byte
                size += 1
        out[size] = 10
        size += 1
    return size


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
