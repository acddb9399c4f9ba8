"""Lines of text as one buffer of bytes, which compiled loops can walk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError

_SURROGATE = re.compile("[\ud800-\udfff]")
LARGEST = 2**31 - 1  # bytes: places are kept in four


@dataclass(frozen=True, eq=False)
class Lines:
    """Line i is `buffer[starts[i]:ends[i]]`, valid UTF-8 without NUL.

    `buffer` (N,) uint8; `starts` and `ends` (L,) int32, in bytes, never decreasing.

    >>> lines = Lines.of(["你好", "", "to be"])
    >>> len(lines), lines[0], list(lines)
    (3, '你好', ['你好', '', 'to be'])
    """

    buffer: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        self.buffer.flags.writeable = False  # bytes are so anyway: one type of array for the compiled code

    @staticmethod
    def split(data: bytes) -> Lines:
        r"""The lines of `data`, which end at \n or \r\n; an end after the last may lack.

        Raises InputError, naming the line from 1, for data that is not UTF-8 or holds a NUL, and for
        more than 2 GiB.

        >>> list(Lines.split(b"to be\r\nor not"))
        ['to be', 'or not']
        """
        from textkit.text.kernels.utf8 import split_lines

        _check_size(len(data))
        buffer = np.frombuffer(data, np.uint8)
        room = data.count(b"\n") + 1
        starts, ends = np.empty(room, np.int32), np.empty(room, np.int32)
        count, bad = split_lines(buffer, starts, ends)
        if bad >= 0:
            reason = "a NUL" if data[bad] == 0 else f"not valid UTF-8 (byte {data[bad]:#04x})"
            raise InputError(f"line {count + 1}: {reason}")
        return Lines(buffer, starts[:count], ends[:count])

    @staticmethod
    def of(texts: Sequence[str] | Lines) -> Lines:
        """Any strings as lines; line ends inside them are kept. Raises InputError for a lone surrogate."""
        if isinstance(texts, Lines):
            return texts
        try:
            joined = "\n".join(texts).encode()
        except UnicodeEncodeError as error:
            number = next(n for n, text in enumerate(texts, 1) if _SURROGATE.search(text))
            raise InputError(
                f"line {number}: half a character (a lone surrogate) is no text; remove or replace it"
            ) from error
        _check_size(len(joined))
        buffer = np.frombuffer(joined, np.uint8)
        breaks = np.flatnonzero(buffer == 10)
        if len(breaks) != len(texts) - 1:  # there are some inside texts, or no texts at all
            sizes = np.fromiter((len(text.encode()) for text in texts), np.int64, len(texts))
            breaks = np.cumsum(sizes + 1)[:-1] - 1
        ends = np.append(breaks, len(joined)).astype(np.int32)[: len(texts)]
        starts = np.concatenate(([0], breaks + 1)).astype(np.int32)[: len(texts)]
        return Lines(buffer, starts, ends)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> str:
        return self.buffer[self.starts[index] : self.ends[index]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        data = self.buffer.tobytes()
        spans = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return (data[start:end].decode() for start, end in spans)


def _check_size(size: int) -> None:
    if size > LARGEST:
        raise InputError(f"a batch holds 2 GiB of text at most, not {size:,} bytes; give it in parts")
