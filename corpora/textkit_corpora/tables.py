"""Records of tables: CSV, TSV, JSON lines and Parquet, one at a time, in constant memory.

CSV follows RFC 4180: a field in double quotes may hold commas, quotes (doubled) and line ends. In TSV
(IANA text/tab-separated-values) quotes are ordinary characters and a record is a line: a review that
opens with a quote does not swallow the ones after it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from textkit.errors import InputError, UsageError
from textkit_corpora.compression import CHUNK, Source, check_file, is_standard, reading, split_suffix
from textkit_corpora.decoding import check_errors, decode_line, missing_field, raw_lines
from textkit_corpora.jsonlines import json_rows
from textkit_corpora.line_limit import longest_line, too_long

KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}
BATCH = 1024  # Parquet rows in memory at once
UNBUFFERED = 1 << 26  # bytes of a Parquet file whose columns may be read whole
_LARGEST = 2**31 - 1  # characters of a field: what the C long of every system can hold
QUOTED = re.compile('[,"\\r\\n]')  # what a CSV value may hold in quotes only
BARE_CR = "a carriage return within a line; make it a space, or end lines with \\n"
UNTABBED = str.maketrans("\t\r\n", "   ")

Record = dict[str, Any] | InputError  # what is wrong with a record, where it cannot be read


def kind_of(path: Path | str | None) -> str:
    """What a file holds, by its name: "text", "jsonl", "csv", "tsv" or "parquet".

    >>> kind_of("a/reviews.jsonl.gz"), kind_of("notes"), kind_of("-")
    ('jsonl', 'text', 'text')
    """
    return "text" if is_standard(path) else KINDS.get(split_suffix(str(path))[0], "text")


def read_rows(
    path: Path | str, *, columns: Sequence[str] = (), errors: str = "strict"
) -> Iterator[dict[str, Any]]:
    """The records of a .csv, .tsv, .jsonl or .parquet file as dictionaries.

    The first row of a CSV or TSV file is its header, and its values are strings; JSON and Parquet
    keep their types. `columns` are the ones that every record must have; others come along.

    Raises InputError, with file and line, for what cannot be read, UsageError for a file of another kind.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.tsv")
    >>> _ = path.write_text("label\\ttext\\n1\\tfine\\n")
    >>> list(read_rows(path, columns=["text"]))
    [{'label': '1', 'text': 'fine'}]
    """
    kind = kind_of(path)
    if kind == "text":
        raise UsageError(f"{path}: is no table; name a .csv, .tsv, .jsonl or .parquet file")
    check_errors(errors)
    check_file(path)
    return _checked_rows(path, kind=kind, columns=columns, errors=errors)


def _checked_rows(
    path: Path | str, *, kind: str, columns: Sequence[str], errors: str
) -> Iterator[dict[str, Any]]:
    empty = True
    with reading(path) as source:
        for where, row in _rows(source, kind=kind, columns=None, errors=errors):
            if isinstance(row, InputError):
                raise row
            for column in columns:
                if column not in row:
                    raise missing_field(where, column, row)
            empty = False
            yield row
    if empty:
        raise InputError(f"{path}: is empty; there is no record to read")


def _rows(
    source: Source, *, kind: str, columns: Sequence[str] | None, errors: str
) -> Iterator[tuple[str, Record]]:
    if kind == "jsonl":
        return json_rows(source, errors=errors)
    if kind == "parquet":
        return parquet_rows(source, columns=columns)
    return _table_rows(source, kind=kind, errors=errors)


def field_values(source: Source, *, kind: str, field: str, errors: str) -> Iterator[tuple[str, object]]:
    """One field of each record of a "csv", "tsv" or "parquet" file, with its place (file:line).

    A record that cannot be read gives the InputError that says why, and the next one follows. What
    leaves no next record, or is wrong with all of them, is raised.
    """
    if kind != "parquet" and field.isdecimal():
        yield from _numbered_column(source, kind=kind, column=int(field), errors=errors)
        return
    for where, row in _rows(source, kind=kind, columns=[field], errors=errors):
        if isinstance(row, InputError):
            yield where, row
        elif field not in row:
            raise missing_field(where, field, row)  # the header lacks it, so every record does
        else:
            yield f"{where}: field '{field}'" if kind == "parquet" else where, row[field]


class _TableLines:
    """The lines of a table, for csv.reader: `damage` is what was wrong with one since it was last taken."""

    def __init__(self, source: Source, *, errors: str) -> None:
        self.source, self.errors = source, errors
        self.damage: InputError | None = None
        self.ended = False
        self._size, self._most = 0, longest_line()  # of the record at hand

    def __iter__(self) -> Iterator[str]:
        for number, raw in raw_lines(self.source, errors=self.errors):
            line = decode_line(raw, self.errors, name=self.source.name, number=number)
            if isinstance(line, InputError):
                self.damage = self.damage or line
                line = raw.decode("utf-8", "replace")  # where the record ends must still be found
            self._size += len(raw)
            if self._size > self._most:
                raise too_long(f"{self.source.name}:{number}", self._most, what="record")
            yield line + "\n"
        self.ended = True

    def take_damage(self) -> InputError | None:
        damage, self.damage, self._size = self.damage, None, 0
        return damage


def table_cells(source: Source, *, kind: str, errors: str) -> Iterator[tuple[str, list[str] | InputError]]:
    """The cells of each row that is not blank, with its place (the line on which the row ends)."""
    lines = _TableLines(source, errors=errors)
    csv.field_size_limit(_LARGEST)  # the module refuses fields over 128 kB otherwise
    if kind == "tsv":
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    else:
        rows = csv.reader(lines, strict=True)
    while True:
        cells: list[str] | InputError
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            where = f"{source.name}:{rows.line_num}"
            reason = BARE_CR if "new-line character" in str(error) else str(error)
            cells = InputError(f"{where}: not valid {kind.upper()} ({reason})")
            if lines.ended:  # a quote that nothing closes has swallowed the rest
                raise lines.take_damage() or cells from error
        cells = lines.take_damage() or cells
        if cells:
            yield f"{source.name}:{rows.line_num}", cells


def _table_rows(source: Source, *, kind: str, errors: str) -> Iterator[tuple[str, Record]]:
    rows = table_cells(source, kind=kind, errors=errors)
    where, header = next(rows, ("", []))
    if isinstance(header, InputError):
        raise header
    return rows_under(header, rows, where=where)


def rows_under(
    header: Sequence[str], rows: Iterable[tuple[str, list[str] | InputError]], *, where: str
) -> Iterator[tuple[str, Record]]:
    """The cells of each row by the names in the `header`, which stands at `where`."""
    if len(set(header)) < len(header):
        raise InputError(f"{where}: two columns share a name; rename one (columns: {', '.join(header)})")
    for place, cells in rows:
        if isinstance(cells, InputError):
            yield place, cells
        elif len(cells) != len(header):
            counts = f"the number of columns is {len(cells)}, the header has {len(header)}"
            yield place, InputError(f"{place}: {counts}")
        else:
            yield place, dict(zip(header, cells, strict=True))


def _numbered_column(source: Source, *, kind: str, column: int, errors: str) -> Iterator[tuple[str, object]]:
    if column < 1:
        raise UsageError(f"{source.name}: columns are numbered from 1, not {column}")
    for where, cells in table_cells(source, kind=kind, errors=errors):
        if isinstance(cells, InputError):
            yield where, cells
        elif len(cells) < column:
            yield where, InputError(f"{where}: there is no column {column} (columns: {len(cells)})")
        else:
            yield where, cells[column - 1]


@contextlib.contextmanager
def parquet_file(source: Source) -> Iterator[Any]:
    """A Parquet file opened; raises InputError, in the block too, when it is none or damaged."""
    import pyarrow
    import pyarrow.parquet

    if split_suffix(source.name)[1]:
        raise UsageError(f"{source.name}: Parquet packs itself and is read from a file; unpack it first")
    size = source.raw.seek(0, io.SEEK_END)
    source.raw.seek(0)
    # Through a buffer, Arrow makes room for a page as large as its header says before it looks for it.
    buffer = CHUNK if size > UNBUFFERED else 0
    try:
        yield pyarrow.parquet.ParquetFile(source.raw, buffer_size=buffer, pre_buffer=False)
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:  # the latter of a column's name
        reason = " ".join(str(error).split())
        raise InputError(f"{source.name}: not a whole Parquet file ({reason})") from error


def parquet_rows(source: Source, *, columns: Sequence[str] | None) -> Iterator[tuple[str, Record]]:
    """Each row of a Parquet file, with its place; only `columns` are read, None for all."""
    path = source.name
    with parquet_file(source) as file:
        for column in columns or ():
            if column not in file.schema_arrow.names:
                raise missing_field(path, column, file.schema_arrow.names)
        for first, batch in parquet_batches(source, file, columns=columns):
            for number, row in enumerate(_batch_rows(batch), first):
                where = f"{path}: row {number}"
                if isinstance(row, UnicodeDecodeError):
                    yield where, InputError(f"{where}: not valid UTF-8 ({row.reason})")
                else:
                    yield where, row


def parquet_batches(source: Source, file: Any, *, columns: Sequence[str] | None) -> Iterator[tuple[int, Any]]:
    """The batches of an opened Parquet file, each with the number of its first row, counted from 1."""
    rows, size, first = file.metadata.num_rows, source.raw.seek(0, io.SEEK_END), 1
    for batch in file.iter_batches(batch_size=BATCH, columns=columns):
        source.reached = size * (first - 1 + batch.num_rows) // max(rows, 1)
        yield first, batch
        first += batch.num_rows
    if first - 1 != rows:
        counts = f"of {rows} rows there are {first - 1}"
        raise InputError(f"{source.name}: not a whole Parquet file ({counts})")


def _batch_rows(batch: Any) -> Iterator[dict[str, Any] | UnicodeDecodeError]:
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for place in range(batch.num_rows):
            try:
                yield batch.slice(place, 1).to_pylist()[0]
            except UnicodeDecodeError as error:
                yield error


def encode_rows(kind: str, rows: Iterable[Sequence[str]]) -> bytes:
    r"""Rows of a "csv" or "tsv" file as UTF-8, each ended by \n.

    CSV puts a value that holds a comma, a quote or a line end in quotes, as RFC 4180 says; TSV has no
    quotes, so tabs and line ends in a value become spaces.

    >>> encode_rows("csv", [["1", 'a "b", c']]), encode_rows("tsv", [["1", "a\tb"]])
    (b'1,"a ""b"", c"\n', b'1\ta b\n')
    """
    if kind == "tsv":
        lines = ("\t".join([value.translate(UNTABBED) for value in row]) for row in rows)
    else:
        # A line with nothing on it is no row, so an only value that is empty needs its quotes.
        lines = (",".join([_csv_value(value) for value in row]) or '""' for row in rows)
    return "".join([f"{line}\n" for line in lines]).encode()


def _csv_value(value: str) -> str:
    if QUOTED.search(value) is None:
        return value
    doubled = value.replace('"', '""')
    return f'"{doubled}"'
