"""Files as bytes, packed or not: the last suffix (.gz, .bz2, .xz, .zst) decides, for reading and writing."""

from __future__ import annotations

import contextlib
import errno
import io
import lzma
import stat
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from textkit.errors import InputError, reason_of
from textkit_corpora.members import Members

SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
CHUNK = 1 << 17
_XZ = partial(lzma.LZMADecompressor, memlimit=1 << 29)  # a file may ask for 4 GB, `xz -9` does for 65 MB
CUT_SHORT = "is cut short: its packed data has no end; copy or make it again"


STANDARD = ("-", "/dev/stdin", "/dev/stdout", "/dev/fd/0", "/dev/fd/1", "/proc/self/fd/0", "/proc/self/fd/1")


def is_standard(path: Path | str | None) -> bool:
    """Whether `path` means standard input or output: None, "-", or one of the system's names for them.

    Opened by its name, /dev/stdout would be emptied first where it is a file.
    """
    return path is None or str(path) in STANDARD


def split_suffix(path: Path | str) -> tuple[str, str]:
    """The suffix that says what is inside, and the one that says how it is packed, in small letters.

    >>> split_suffix("reviews.jsonl.gz"), split_suffix("a.TXT")
    (('.jsonl', '.gz'), ('.txt', ''))
    """
    path = Path(path)
    outer = path.suffix.lower()
    return (Path(path.stem).suffix.lower(), outer) if outer in SUFFIXES else (outer, "")


def display_name(path: Path | str | None) -> str:
    """How messages call it: the path, or "standard input".

    >>> display_name("f.txt"), display_name("-")
    ('f.txt', 'standard input')
    """
    return "standard input" if is_standard(path) else str(path)


def regular_size(path: Path | str | None) -> int | None:
    """The bytes of a file as it lies on disk; None for standard input, pipes, devices and missing files."""
    if is_standard(path):
        return None
    try:
        status = Path(str(path)).stat()
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def check_file(path: Path | str | None) -> None:
    """Raise InputError unless `path` is standard input or a file (or pipe) that exists."""
    if is_standard(path):
        return
    path = Path(str(path))
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; name the files in it")
        path.stat()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(f"{path}: cannot be read: {reason_of(error)}") from error


@dataclass
class Source:
    """An open file: `stream` gives its bytes unpacked, `raw` as they lie on disk; `name` is for messages."""

    name: str
    stream: BinaryIO
    raw: BinaryIO
    reached: int | None = None  # what `position` says, set by formats that are not read from front to back

    def position(self) -> int:
        """How many bytes of the file, as it lies on disk, have been read; 0 where nobody knows (a pipe)."""
        if self.reached is not None:
            return self.reached
        try:
            return self.raw.tell()
        except (OSError, ValueError):
            return 0


@contextlib.contextmanager
def reading(path: Path | str | None) -> Iterator[Source]:
    """A file, or standard input, opened to be read unpacked.

    Raises InputError, in the block too, when the file is missing, cannot be read, or its packed data
    is damaged or cut short.
    """
    check_file(path)
    name = display_name(path)
    try:
        if is_standard(path):
            if sys.stdin is None:
                raise InputError("standard input: is closed; name a file")
            yield Source(name, sys.stdin.buffer, sys.stdin.buffer)
            return
        path = Path(str(path))
        with path.open("rb") as raw:
            yield Source(name, _unpacked(raw, split_suffix(path)[1]), raw)
    except EOFError as error:
        raise InputError(f"{name}: {CUT_SHORT}") from error
    except (zlib.error, lzma.LZMAError) as error:
        raise InputError(f"{name}: is damaged, or not what its suffix says: {error}") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG):  # of what the block writes
            raise
        if "truncated" in str(error).lower():  # pyarrow's word for what the others call EOFError
            raise InputError(f"{name}: {CUT_SHORT}") from error
        raise InputError(f"{name}: cannot be read: {reason_of(error)}") from error


def _unpacked(raw: BinaryIO, suffix: str) -> BinaryIO:
    if suffix == ".gz":
        import gzip

        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)), CHUNK))
    if suffix == ".bz2":
        import bz2

        return cast(BinaryIO, io.BufferedReader(Members(raw, bz2.BZ2Decompressor), CHUNK))
    if suffix == ".xz":
        return cast(BinaryIO, io.BufferedReader(Members(raw, _XZ), CHUNK))
    if suffix == ".zst":
        import pyarrow  # zstandard's own reader ends quietly where a file was cut short

        stream = pyarrow.CompressedInputStream(pyarrow.PythonFile(raw, mode="r"), "zstd")
        return cast(BinaryIO, io.BufferedReader(stream, CHUNK))
    return raw


@contextlib.contextmanager
def packing(raw: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    """A stream that packs into `raw` by `suffix`; the same bytes give the same file, whenever written."""
    if suffix == ".gz":
        import gzip

        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as file:
            yield cast(BinaryIO, file)
    elif suffix == ".bz2":
        import bz2

        with bz2.BZ2File(raw, "wb") as packed:
            yield cast(BinaryIO, packed)
    elif suffix == ".xz":
        with lzma.LZMAFile(raw, "wb") as packed_xz:
            yield cast(BinaryIO, packed_xz)
    elif suffix == ".zst":
        import pyarrow

        with pyarrow.CompressedOutputStream(pyarrow.PythonFile(raw, mode="w"), "zstd") as packed_zst:
            yield cast(BinaryIO, packed_zst)
    else:
        yield raw


def pack(data: bytes, suffix: str) -> bytes:
    r"""`data` packed by `suffix` as one whole member: gzip member, bz2 or xz stream, zstd frame.

    Members may be written one after the other: every reader unpacks them as one. So the blocks of a
    file can be packed apart, in worker processes. The same data give the same bytes.

    >>> import gzip
    >>> gzip.decompress(pack(b"to be ", ".gz") + pack(b"or not", ".gz"))
    b'to be or not'
    """
    if suffix == ".gz":
        import gzip

        return gzip.compress(data, compresslevel=6, mtime=0)
    if suffix == ".bz2":
        import bz2

        return bz2.compress(data)
    if suffix == ".xz":
        return lzma.compress(data)
    if suffix == ".zst":
        import pyarrow

        return cast(bytes, pyarrow.compress(data, codec="zstd", asbytes=True))
    return data
