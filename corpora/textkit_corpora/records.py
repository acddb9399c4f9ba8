"""Whole records beside the text in them, so that some can be left out and the others pass unchanged."""

from __future__ import annotations

import bisect
import contextlib
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any, BinaryIO, cast

from textkit.errors import InputError
from textkit_corpora.blocks import SIZE, Block
from textkit_corpora.compression import Source
from textkit_corpora.decoding import BOM, missing_field, one_line, without_mark
from textkit_corpora.jsonlines import json_rows
from textkit_corpora.line_limit import check_lines, lines_of, rest_of_line
from textkit_corpora.tables import field_values, parquet_batches, parquet_file


@dataclass(frozen=True)
class Lines(Block):
    """The lines of some records, of which record r begins at line `begins[r]`."""

    begins: Sequence[int] = ()

    def place(self, index: int) -> str:
        """Where the record stands that holds line `index`."""
        return super().place(bisect.bisect_right(self.begins, index) - 1)


@dataclass(frozen=True)
class RecordBlock:
    """Some records of one file, in order.

    lines:  their texts; a text of several lines is several lines, less the blank ones.
    begins: where each record's lines begin; None where a record is a line.
    whole:  each record as bytes, with its line end; of Parquet a record batch.
    """

    lines: Block
    begins: Sequence[int] | None
    whole: Any

    def __len__(self) -> int:
        return len(self.whole)

    def select(self, keep: Sequence[bool]) -> bytes:
        """The records that are to be kept as they stand in a file, Parquet as an Arrow IPC stream."""
        if isinstance(self.whole, list):
            return b"".join(compress(self.whole, keep))
        import pyarrow

        return arrow_stream(self.whole.schema, self.whole.filter(pyarrow.array(keep, pyarrow.bool_())))


def arrow_stream(schema: Any, batch: Any = None) -> bytes:
    """A record batch, or none, as an Arrow IPC stream, which `parquet.write_parquet` takes."""
    import pyarrow

    out = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(out, schema) as stream:
        if batch is not None:
            stream.write_batch(batch)
    return cast(bytes, out.getvalue().to_pybytes())


def record_blocks(
    source: Source, *, file: str, kind: str, field: str | None, errors: str
) -> Iterator[RecordBlock]:
    """The records of an open file of a `kind` (see `readers.kind_to_read`), in blocks of about a megabyte.

    Text files hold a record a line. What `head` gives is no record. Raises InputError, with its place,
    for a record whose text cannot be read.
    """
    if kind == "text":
        return _text_blocks(source, file=file, errors=errors)
    if kind == "parquet":
        return _parquet_blocks(source, file=file, field=field or "text", errors=errors)
    return _row_blocks(source, file=file, kind=kind, field=field or "text", errors=errors)


def head(source: Source, *, kind: str, field: str | None) -> Any:
    """What stands before the records: the header of a table as bytes, the schema of a Parquet file, b""."""
    if kind == "parquet":
        with parquet_file(source) as file:
            return file.schema_arrow
    lines = _header(source, kind=kind) if _has_header(kind, field) else []
    return b"".join(_ended(lines)).removeprefix(BOM)


def _has_header(kind: str, field: str | None) -> bool:
    return kind in ("csv", "tsv") and field is not None and not field.isdecimal()


def _header(source: Source, *, kind: str) -> list[bytes]:
    """The lines of a table up to the end of its first row."""
    lines: list[bytes] = []

    def text() -> Iterator[str]:
        for raw in lines_of(source.stream, name=source.name):
            lines.append(raw)
            yield raw.decode("utf-8", "replace")

    quoting: Any = csv.QUOTE_NONE if kind == "tsv" else csv.QUOTE_MINIMAL
    with contextlib.suppress(csv.Error):  # the reader of the records will say what is wrong
        any(csv.reader(text(), quoting=quoting))  # up to the first row that is not blank
    return lines


def _ended(lines: list[bytes]) -> list[bytes]:
    """Lines of which the last may lack its end, at the end of the file: another may follow it."""
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    return lines


def _text_blocks(source: Source, *, file: str, errors: str) -> Iterator[RecordBlock]:
    first = 1
    while text := source.stream.read(SIZE):
        if not text.endswith(b"\n"):
            text += rest_of_line(source.stream)
        if first == 1 and not (text := without_mark(text, name=source.name, errors=errors)):
            continue
        check_lines(text, name=source.name, first=first)
        whole = _ended(io.BytesIO(text).readlines())
        yield RecordBlock(Block(file, first, text, source.position()), None, whole)
        first += len(whole)


class _Remembering:
    """A stream that remembers the lines taken from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.taken: list[bytes] = []

    def readline(self, size: int = -1) -> bytes:
        line = self._stream.readline(size)
        if line:
            self.taken.append(line)
        return line


def _row_blocks(source: Source, *, file: str, kind: str, field: str, errors: str) -> Iterator[RecordBlock]:
    """Rows of JSON lines or a table: the lines that a reader takes before it gives a row are the row."""
    stream = _Remembering(source.stream)
    remembering = replace(source, stream=cast(BinaryIO, stream))
    values: Iterator[tuple[str, object]]
    if kind == "jsonl":
        values = _json_values(remembering, field=field, errors=errors)
    else:
        values = field_values(remembering, kind=kind, field=field, errors=errors)
    texts, whole, first, size = _Texts(errors), list[bytes](), 1, 0
    for where, value in values:
        texts.add(value, where=where)
        row = b"".join(_ended(_last_row(stream.taken, kind=kind))).removeprefix(BOM)
        stream.taken.clear()
        whole.append(row)
        size += len(row)
        if size >= SIZE:
            yield texts.block(file, first, source, whole)
            texts, whole, first, size = _Texts(errors), [], first + len(whole), 0
    if whole:
        yield texts.block(file, first, source, whole)


def _last_row(lines: list[bytes], *, kind: str) -> list[bytes]:
    """Of lines that end with a row, those of the row: a header and blank lines may stand before it."""
    if len(lines) == 1 or kind != "csv":
        return lines[-1:]
    start = end = 0
    reader = csv.reader(line.decode("utf-8", "replace") for line in lines)
    for _ in reader:
        start, end = end, reader.line_num
    return lines[start:]


def _json_values(source: Source, *, field: str, errors: str) -> Iterator[tuple[str, object]]:
    for where, row in json_rows(source, errors=errors):
        if isinstance(row, InputError):
            raise row
        if field not in row:
            raise missing_field(where, field, row)
        yield f"{where}: field '{field}'", row[field]


class _Texts:
    """The texts of records as lines: blank ones only where a text has no others."""

    def __init__(self, errors: str) -> None:
        self._errors = errors
        self._lines: list[str] = []
        self._begins: list[int] = []

    def add(self, value: object, *, where: str) -> None:
        """Raises InputError for what is no text."""
        parts = value.split("\n") if isinstance(value, str) and "\n" in value else [value]
        lines = [self._checked(part, where) for part in parts]
        self._begins.append(len(self._lines))
        self._lines.extend([line for line in lines if line.strip()] or [""])

    def _checked(self, value: object, where: str) -> str:
        line = value if isinstance(value, InputError) else one_line(value, where=where, errors=self._errors)
        if isinstance(line, InputError):
            raise line
        return line.removesuffix("\r")

    def block(self, file: str, first: int, source: Source, whole: Any) -> RecordBlock:
        """All of them, with the records that they are of."""
        lines = Lines(file, first, self._lines, source.position(), begins=self._begins)
        return RecordBlock(lines, self._begins, whole)


def _parquet_blocks(source: Source, *, file: str, field: str, errors: str) -> Iterator[RecordBlock]:
    with parquet_file(source) as table:
        if field not in table.schema_arrow.names:
            raise missing_field(source.name, field, table.schema_arrow.names)
        for first, batch in parquet_batches(source, table, columns=None):
            texts = _Texts(errors)
            for number, value in enumerate(batch.column(field), first):
                where = f"{source.name}: row {number}"
                try:
                    texts.add(value.as_py(), where=f"{where}: field '{field}'")
                except UnicodeDecodeError as error:
                    raise InputError(f"{where}: not valid UTF-8 ({error.reason})") from error
            yield texts.block(file, first, source, batch)
