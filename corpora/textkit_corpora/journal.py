"""The journal of an unfinished output: what it was made from, and how much of it is whole."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from textkit.errors import CheckpointError, InputError, TextkitError, newer_advice, unreadable
from textkit_corpora.compression import check_file, is_standard

FORMAT = 1
CHUNK = 1 << 20


@dataclass(frozen=True)
class Input:
    """A file that the output is made from, as it was when the work began."""

    path: str
    size: int
    mtime_ns: int

    @staticmethod
    def of(name: str) -> Input:
        """The file as it is now. Raises InputError when it is missing."""
        check_file(name)
        status = Path(name).stat()
        return Input(str(Path(name).absolute()), status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class Journal:
    """`blocks` of the output are whole, and are its first `size` bytes, whose CRC-32 is `crc32`.

    A run can be resumed only when it has `inputs` that can be read again.

    >>> Journal("settings").extended(b"to be\\n")
    Journal(signature='settings', inputs=(), blocks=1, size=6, crc32=...)
    """

    signature: str
    inputs: tuple[Input, ...] = ()
    blocks: int = 0
    size: int = 0
    crc32: int = 0

    def extended(self, data: bytes, *, blocks: int = 1) -> Journal:
        """The journal with `data` behind what it had."""
        crc32 = zlib.crc32(data, self.crc32)
        return replace(self, blocks=self.blocks + blocks, size=self.size + len(data), crc32=crc32)

    def save(self, path: Path) -> None:
        """Write the journal, whole or not at all; the folder is ours alone, so one other name is enough."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n", encoding="utf-8")
        new.replace(path)

    @staticmethod
    def load(path: Path) -> Journal:
        """Read what `save` wrote. Raises CheckpointError when it is damaged or of another version."""
        remedy = f"remove {path.parent} to start over"
        try:
            fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            found = fields.pop("format")
            if found == FORMAT:
                return _checked(fields)
        except OSError as error:
            raise unreadable(path, error) from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CheckpointError(f"{path}: is damaged; {remedy}") from error
        advice = newer_advice(found, FORMAT)
        raise CheckpointError(
            f"{path}: format {found!r}; this version reads format {FORMAT}{advice}; {remedy}"
        )

    def check_same(self, now: Journal, *, where: Path) -> None:
        """Raise TextkitError unless `now` has the settings and the inputs that this run began with."""
        remedy = f"; remove {where} to start over"
        if now.signature != self.signature:
            began = f"{self.signature!r}, not {now.signature!r}"
            raise TextkitError(
                f"{where}: was begun with other settings or another version: {began}; repeat those, or "
                f"remove {where} to start over"
            )
        before, after = ([item.path for item in journal.inputs] for journal in (self, now))
        if before != after:
            names = f"{', '.join(before)}; not from {', '.join(after)}"
            raise TextkitError(f"{where}: was begun from other files: {names}{remedy}")
        for old, new in zip(self.inputs, now.inputs, strict=True):
            if old != new:
                raise InputError(f"{new.path}: has changed since the run in {where} began{remedy}")

    def check_data(self, data: BinaryIO, *, where: Path) -> None:
        """Raise CheckpointError unless `data`, read from here on, begins with the bytes of the journal."""
        crc32, left = 0, self.size
        while left and (piece := data.read(min(left, CHUNK))):
            crc32 = zlib.crc32(piece, crc32)
            left -= len(piece)
        if left or crc32 != self.crc32:
            raise CheckpointError(
                f"{where}: is damaged: its data are not what its journal says; remove {where} to start over"
            )


def _checked(fields: dict[str, Any]) -> Journal:
    inputs = tuple(Input(**item) for item in fields.pop("inputs"))
    journal = Journal(**fields, inputs=inputs)
    numbers = (journal.blocks, journal.size, journal.crc32)
    if not isinstance(journal.signature, str) or not all(isinstance(number, int) for number in numbers):
        raise TypeError("a field is of the wrong type")
    return journal


def begin(signature: str, inputs: Sequence[str]) -> Journal:
    """The journal of work not begun; without inputs when one of them cannot be read a second time."""
    if any(is_standard(name) or (Path(name).exists() and not Path(name).is_file()) for name in inputs):
        return Journal(signature)
    return Journal(signature, tuple(map(Input.of, inputs)))
