"""Files of records that can be read more than once, standard input and pipes too."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO

from textkit.errors import InputError, TextkitError, UsageError, reason_of
from textkit_corpora.compression import (
    CHUNK,
    Source,
    display_name,
    is_standard,
    reading,
    regular_size,
    split_suffix,
)
from textkit_corpora.decoding import check_errors
from textkit_corpora.readers import kind_to_read
from textkit_corpora.records import RecordBlock, head, record_blocks

Open = Callable[[], AbstractContextManager[Source]]

TABLES = ("csv", "tsv", "parquet")  # something stands before their records


@dataclass(frozen=True)
class RecordFiles:
    """The records of several files, all of one `kind` (see `readers.kind_to_read`)."""

    files: Sequence[str]
    kind: str
    field: str | None
    errors: str
    opens: Sequence[Open]

    @staticmethod
    @contextlib.contextmanager
    def of(
        files: Sequence[str], *, field: str | None = None, errors: str = "strict", twice: bool = False
    ) -> Iterator[RecordFiles]:
        """The records of `files`; to be read as often as one likes if `twice`, else once.

        Raises InputError when a file is missing, UsageError for files of several kinds and for a .csv
        or .tsv file without `field`: its lines are no records.
        """
        check_errors(errors)
        kinds = [_kind(file, field) for file in files]
        for file, kind in zip(files, kinds, strict=True):
            if kind != kinds[0]:
                raise UsageError(
                    f"{display_name(file)}: holds {kind} and {display_name(files[0])} {kinds[0]}; "
                    "records of one kind go together"
                )
        twice = twice or kinds[0] in TABLES
        with contextlib.ExitStack() as stack:
            opens = [stack.enter_context(rereadable(file, twice=twice)) for file in files]
            yield RecordFiles(files, kinds[0], field, errors, opens)

    def head(self) -> Any:
        """What stands before the records: a table's header as bytes, the schema of a Parquet file, b"".

        Raises InputError when the files do not have the same.
        """
        if self.kind not in TABLES:
            return b""
        heads = []
        for file, opened in zip(self.files, self.opens, strict=True):
            with opened() as source:
                heads.append(head(source, kind=self.kind, field=self.field))
            if heads[-1] != heads[0]:
                raise InputError(f"{file}: has other columns than {self.files[0]}; treat it by itself")
        return heads[0]

    def blocks(self) -> Iterator[RecordBlock]:
        """All records, in order. Raises InputError for a file without one; standard input may be empty."""
        for file, opened in zip(self.files, self.opens, strict=True):
            empty = not is_standard(file)
            with opened() as source:
                for block in record_blocks(
                    source, file=file, kind=self.kind, field=self.field, errors=self.errors
                ):
                    empty = False
                    yield block
            if empty:
                raise InputError(f"{file}: is empty; there is no record to read")


def _kind(file: str, field: str | None) -> str:
    kind = kind_to_read(file, field)
    if kind == "text" and split_suffix(file)[0] in (".csv", ".tsv"):
        raise UsageError(f"{file}: say which column holds the text, by --field")
    return kind


@contextlib.contextmanager
def rereadable(file: str, *, twice: bool = True) -> Iterator[Open]:
    """A function that opens `file` from its start, as often as it is called.

    Standard input and pipes are copied first, unpacked, to a private file without a name, which goes
    when the block ends, however that happens; not so where they are to be read only once (not `twice`).
    """
    if not twice or regular_size(file) is not None:
        yield lambda: reading(file)
        return
    with tempfile.TemporaryFile(prefix="textkit.") as spool:
        with reading(file) as source:
            while piece := source.stream.read(CHUNK):
                _spool(piece, spool, source.name)
        yield lambda: _rewound(spool, display_name(file))


def _spool(piece: bytes, spool: Any, name: str) -> None:
    try:
        spool.write(piece)
        spool.flush()
    except OSError as error:
        reason = reason_of(error)
        raise TextkitError(
            f"{tempfile.gettempdir()}: cannot hold a copy of {name}, which is read twice: {reason}; "
            "name a file, or a larger folder in TMPDIR"
        ) from error


@contextlib.contextmanager
def _rewound(spool: BinaryIO, name: str) -> Iterator[Source]:
    spool.seek(0)
    yield Source(name, spool, spool)
