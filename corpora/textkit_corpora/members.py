"""Unpacking files of several packed members, of which Python's own readers end quietly at a damaged one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

CHUNK = 1 << 17


class Members(io.RawIOBase):
    """The unpacked bytes of bz2 or xz members that stand one after the other.

    `make` gives a decompressor for each. Raises EOFError where the data is cut short, and what the
    decompressor raises (OSError, LZMAError) where it is damaged. Zeros between members, with which xz
    fills up, are let pass.
    """

    def __init__(self, raw: BinaryIO, make: Callable[[], Any]) -> None:
        self._raw = raw
        self._make = make
        self._decompressor = make()
        self._begun = False  # whether the member at hand has data

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, as far as data is at hand; 0 at the end of the last member."""
        while True:
            data = b""
            if self._decompressor.eof:
                data = (self._decompressor.unused_data or self._raw.read(CHUNK)).lstrip(b"\0")
                while not data and (more := self._raw.read(CHUNK)):
                    data = more.lstrip(b"\0")
                if not data:
                    return 0
                self._decompressor = self._make()
            elif self._decompressor.needs_input:
                data = self._raw.read(CHUNK)
                if not data:
                    if not self._begun:
                        return 0  # an empty file
                    raise EOFError
            self._begun = True
            out = self._decompressor.decompress(data, len(buffer))
            if out:
                buffer[: len(out)] = out
                return len(out)
