"""A table of numbers as a file that is mapped, not read, with a digest that costs next to nothing.

The digest is the sha256 of sums, modulo 2**64, of the file's 64-bit words: over each page of 4 KiB, and over
each of 512 columns of 256 pages. Sums run at the speed of memory, where a hash of every byte would take ten
times as long. They find every flipped bit, every page lost or moved and every file put in another's place;
they are no proof against forgery.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.errors import CheckpointError, unreadable
from textkit.plain_files import check_regular
from textkit.scratch import release

Array = npt.NDArray[Any]
Look = Callable[[Array], str]

SUFFIXES = {"int32": ".i32", "int64": ".i64", "float32": ".f32", "uint8": ".u8"}

_RELEASE = 32  # pieces after which a mapped table gives back the memory of its pages
_PAGE = 4096
_PIECE = 256 * _PAGE  # bytes looked at together: they stay in the cache


def write_table(path: Path, table: Array) -> str:
    """Write the numbers of `table` (rows,), little-endian, piece by piece; gives their digest."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for number, piece in enumerate(_pieces(table)):
            plain = np.ascontiguousarray(piece, dtype=piece.dtype.newbyteorder("<"))
            file.write(plain.data)
            _add(digest, plain)
            if number % _RELEASE == 0:
                release(table)
    release(table)
    return digest.hexdigest()


def open_table(path: Path, kind: str, *, rows: int, digest: str, look: Look = lambda _piece: "") -> Array:
    """Map the `rows` numbers of a file, read-only, and check that they are those that were written.

    `kind` names one of `SUFFIXES`. `look` sees every piece of the table, while it is in the cache anyway, and
    says what is wrong with it, if anything. Raises CheckpointError for a file that is missing or changed.
    """
    dtype = np.dtype(kind).newbyteorder("<")
    check_regular(path)
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size != rows * dtype.itemsize:
                raise CheckpointError(
                    f"{path}: damaged: it has {size} bytes, not the {rows * dtype.itemsize} of header.json; "
                    "restore it or make the model again"
                )
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except OSError as error:
        raise unreadable(path, error) from error
    table = np.frombuffer(mapped, dtype)
    found, fault = hashlib.sha256(), ""
    for piece in _pieces(table):
        _add(found, piece)
        fault = fault or look(piece)
    if found.hexdigest() != digest:
        raise CheckpointError(
            f"{path}: damaged: its numbers are not those of header.json; restore it or make the model again"
        )
    if fault:
        raise CheckpointError(f"{path}: damaged: {fault}")
    return table


def _pieces(table: Array) -> Iterator[Array]:
    step = _PIECE // table.itemsize
    for start in range(0, len(table), step):
        yield table[start : start + step]


def _add(digest: Any, piece: Array) -> None:
    """Add a piece to a digest: whole pages by their sums, what is left over as it is."""
    data = piece.view(np.uint8)
    whole = data.size - data.size % _PAGE
    pages = data[:whole].view("<u8").reshape(-1, _PAGE // 8)
    digest.update(np.add.reduce(pages, axis=1).data)
    digest.update(np.add.reduce(pages, axis=0).data)
    digest.update(data[whole:].data)
