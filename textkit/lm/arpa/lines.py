"""The lines of an ARPA or a count file, one at a time or in blocks of many, with their numbers."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError, reason_of

_BLOCK = 1 << 22  # bytes read at once
_LONGEST = 1 << 28  # bytes of a line
_NO_TEXT = np.empty(0, np.uint8)
_DEFLATED = 1032  # zlib never makes fewer bytes out of so many


@dataclass(frozen=True, eq=False)
class Block:
    r"""Whole lines of the file `path`, which have the numbers `first` to `first + lines - 1`.

    `text` (bytes,) uint8; each line ends with \n.
    """

    path: Path
    text: npt.NDArray[np.uint8]
    first: int
    lines: int

    def fail(self, message: str, index: int) -> NoReturn:
        """Raise the error for line `index` of the block."""
        raise InputError(f"{self.path}:{self.first + index}: {message}")

    def decode(self, raw: bytes, index: int) -> str:
        """Line `index` as text."""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.fail("not valid UTF-8", index)


class ArpaLines:
    """A file open for reading: a place in it, and the number of the last line read.

    `size` is an upper bound for the bytes of text; None where the file does not tell.
    """

    def __init__(self, path: Path, file: IO[bytes], *, size: int | None) -> None:
        self.path = path
        self.number = 0
        self.size = size
        self._file = file
        self._buffer = b""  # whole lines
        self._at = 0
        self._rest = b""

    @staticmethod
    @contextmanager
    def opened(path: Path) -> Iterator[ArpaLines]:
        """Open a file, gzipped or not. Raises InputError when it cannot be read, there or within."""
        try:
            with path.open("rb") as raw:
                size = path.stat().st_size if path.is_file() else None
                if raw.peek(2)[:2] != b"\x1f\x8b":
                    _skip_mark(raw)
                    yield ArpaLines(path, raw, size=size)
                    return
                with gzip.GzipFile(fileobj=raw) as file:
                    _skip_mark(file)
                    yield ArpaLines(path, file, size=size and size * _DEFLATED)  # type: ignore[arg-type]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{path}: cannot be read: a damaged or truncated gzip file") from error
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {reason_of(error)}") from error

    def next(self) -> str | None:
        """The next line that is not blank, less its end; None at the end of the file."""
        while self._at < len(self._buffer) or self._fill():
            end = self._buffer.index(b"\n", self._at) + 1
            raw = self._buffer[self._at : end]
            self._at = end
            self.number += 1
            line = Block(self.path, _NO_TEXT, self.number, 1).decode(raw, 0).strip("\r\n \t")
            if line:
                return line
        return None

    def blocks(self, count: int) -> Iterator[Block]:
        """The next `count` lines, blank or not; fewer at the end of the file."""
        while count > 0 and (self._at < len(self._buffer) or self._fill()):
            text = np.frombuffer(self._buffer, np.uint8)[self._at :]
            ends = text == ord("\n")
            lines = int(np.count_nonzero(ends))
            if lines > count:
                text = text[: int(np.flatnonzero(ends)[count - 1]) + 1]
                lines = count
            block = Block(self.path, text, self.number + 1, lines)
            self._at += len(text)
            self.number += lines
            count -= lines
            yield block

    def fail(self, message: str) -> NoReturn:
        """Raise the error for the last line read."""
        raise InputError(f"{self.path}:{self.number}: {message}")

    def _fill(self) -> bool:
        """Read on, so that the buffer holds whole lines; False at the end of the file."""
        parts, end = [self._rest], 0
        size = len(self._rest)
        while not end:
            data = self._file.read(_BLOCK)
            if not data:
                parts.append(b"\n" if size else b"")
                end = len(parts[-1])
                break
            parts.append(data)
            end = data.rfind(b"\n") + 1
            size += len(data)
            if size > _LONGEST and not end:
                self.number += 1
                self.fail(f"a line of more than {_LONGEST} bytes: no file of n-grams")
        *whole, last = parts
        self._rest = last[end:]
        self._buffer, self._at = b"".join([*whole, last[:end]]), 0
        return bool(self._buffer)


def _skip_mark(file: io.BufferedReader | gzip.GzipFile) -> None:
    """Read past a byte order mark, which some editors put first and which belongs to no word."""
    if file.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
        file.read(len(codecs.BOM_UTF8))
