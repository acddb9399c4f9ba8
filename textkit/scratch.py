"""Room to work in: large arrays in memory, or in files that nobody else sees."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from textkit.errors import TextkitError, reason_of

_AT_ONCE = 1 << 24  # bytes written to a file that has no room set aside


@dataclass(frozen=True)
class Scratch:
    """Arrays in memory, or, with a `folder`, mapped from files in it that have no name.

    A file without a name is gone when the array is, or the process, however it ends: nothing has to be
    cleaned up. Its room on the disk is set aside at once, so that a full disk is an error here and not a
    crash later.

    >>> for scratch in (Scratch(), Scratch(Path(tempfile.gettempdir()))):
    ...     array = scratch.empty(3, np.int32)
    ...     array[:] = [1, 2, 3]
    ...     column = scratch.column(np.int64)
    ...     column.append(array)
    ...     print(column.finish().tolist())
    [1, 2, 3]
    [1, 2, 3]
    """

    folder: Path | None = None

    def empty(self, size: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """An array of `size` numbers that are yet to be written.

        Raises TextkitError when the folder cannot be written to or has no room.
        """
        bytes_ = size * np.dtype(dtype).itemsize
        if self.folder is None or not bytes_:
            return np.empty(size, dtype)
        with self._file() as file, self._explained(bytes_):
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, bytes_)
            else:
                for place in range(0, bytes_, _AT_ONCE):
                    file.write(bytes(min(_AT_ONCE, bytes_ - place)))
            return np.memmap(file, dtype, "r+", shape=(size,))

    def column(self, dtype: npt.DTypeLike) -> Column:
        """An array that grows at its end."""
        return Column(self, np.dtype(dtype))

    @contextmanager
    def _file(self) -> Iterator[IO[bytes]]:
        with self._explained(0):
            file = self._open()
        with file:
            yield file

    def _open(self) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=self.folder, buffering=0)

    @contextmanager
    def _explained(self, size: int) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = reason_of(error)
            wanted = f" for {size:,} bytes" if size else ""
            raise TextkitError(f"{self.folder}: no temporary files{wanted}: {reason}") from error


IN_MEMORY = Scratch()


class Column:
    """An array that grows: its parts are kept in memory, or written to a file without a name."""

    def __init__(self, scratch: Scratch, dtype: np.dtype[Any]) -> None:
        self._scratch = scratch
        self._dtype = dtype
        self._parts: list[npt.NDArray[Any]] = []
        self._file: IO[bytes] | None = None
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __del__(self) -> None:
        if self._file is not None:  # given up half-way
            self._file.close()

    def append(self, part: npt.NDArray[Any]) -> None:
        """Add numbers at the end; raises TextkitError when the disk is full."""
        part = np.ascontiguousarray(part, self._dtype)
        self._size += len(part)
        if self._scratch.folder is None:
            self._parts.append(part)
        elif len(part):
            with self._scratch._explained(part.nbytes):
                if self._file is None:
                    self._file = self._scratch._open()
                data = part.data.cast("B")
                while data:  # of a file without a buffer, which may take less than it is given
                    data = data[self._file.write(data) :]

    def finish(self) -> npt.NDArray[Any]:
        """All numbers as one array; nothing can be added afterwards."""
        if self._file is None:
            parts, self._parts = self._parts, []
            return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, self._dtype), *parts])
        with self._scratch._explained(self._size * self._dtype.itemsize), self._file as file:
            return np.memmap(file, self._dtype, "r+", shape=(self._size,))


def pieces(size: int, at_once: int, *arrays: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Begin and end of pieces of 0 to `size`; after each, mapped `arrays` are given back: see `release`.

    >>> list(pieces(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    for begin in range(0, size, at_once):
        yield begin, min(begin + at_once, size)
        release(*arrays)


def release(*arrays: npt.NDArray[Any]) -> None:
    """Let the system take back the memory of mapped arrays' pages; what they hold stays in their files.

    Of arrays in memory nothing happens.
    """
    for array in arrays:
        base: Any = array
        while base is not None and not isinstance(base, mmap.mmap):
            base = getattr(base, "base", None)
        if base is not None and hasattr(mmap, "MADV_DONTNEED"):
            base.madvise(mmap.MADV_DONTNEED)
