"""How long a line may be: a packed file of some megabytes can unpack to one line that no memory holds."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from textkit.errors import InputError, UsageError

VARIABLE = "TEXTKIT_MAX_LINE"
USUAL = 1 << 28  # bytes

_SIZE = re.compile(r"([1-9][0-9]{0,11})([KMGkmg]?)")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def longest_line() -> int:
    """The bytes that a line, or a record of a table over several lines, may have.

    Raises UsageError when TEXTKIT_MAX_LINE is not a size.
    """
    return _parsed(os.environ.get(VARIABLE, ""))


@functools.lru_cache(maxsize=4)
def _parsed(text: str) -> int:
    if not text:
        return USUAL
    size = _SIZE.fullmatch(text)
    if size is None:
        raise UsageError(f"{VARIABLE}={text}: not a size; write 500M or 2G, say")
    return int(size[1]) * _UNITS[size[2].upper()]


def too_long(where: str, most: int, *, what: str = "line") -> InputError:
    """The error for more than `most` bytes."""
    return InputError(
        f"{where}: a {what} of more than {most:,} bytes; if that is meant, allow more with {VARIABLE}=2G, say"
    )


def lines_of(stream: BinaryIO, *, name: str) -> Iterator[bytes]:
    r"""The lines of a stream, with their ends; raises InputError for one that is too long.

    >>> import io
    >>> list(lines_of(io.BytesIO(b"to be\nor"), name="f.txt"))
    [b'to be\n', b'or']
    """
    most = longest_line()
    for number, line in enumerate(iter(partial(stream.readline, most + 1), b""), 1):
        if len(line) > most:
            raise too_long(f"{name}:{number}", most)
        yield line


def rest_of_line(stream: BinaryIO) -> bytes:
    """What follows of the line at hand; of one that is too long enough to see that."""
    return stream.readline(longest_line() + 1)


def check_lines(text: bytes, *, name: str, first: int) -> None:
    r"""Raise InputError for a line of `text` that is too long; the first of them has the number `first`.

    >>> check_lines(b"to be\nor", name="f.txt", first=11)
    """
    most, begin = longest_line(), 0
    while len(text) - begin > most:
        end = text.find(b"\n", begin) + 1 or len(text)
        if end - begin > most:
            number = first + text.count(b"\n", 0, begin)
            raise too_long(f"{name}:{number}", most)
        begin = end
