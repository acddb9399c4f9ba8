"""Records of tables: CSV, TSV, JSON lines and Parquet, one at a time, in constant memory.

CSV follows RFC 4180: a field in double quotes may hold commas, quotes (doubled) and line ends. In TSV
(IANA text/tab-separated-values) quotes are ordinary characters and a record is a line: a review that
opens with a quote does not swallow the ones after it.
"""

from __future__ import annotations

import csv
import difflib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from textkit.errors import InputError, UsageError
from textkit_corpora.compression import check_file, display_name, is_standard, reading, split_suffix
from textkit_corpora.decoding import check_errors, decoded_lines

KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}
BATCH = 1024  # Parquet rows in memory at once


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
    rows: Iterator[tuple[str, dict[str, Any]]]
    if kind == "jsonl":
        rows = _json_rows(path, errors=errors)
    elif kind == "parquet":
        rows = _parquet_rows(path, columns=None)
    else:
        rows = _table_rows(path, kind=kind, errors=errors)
    empty = True
    for where, row in rows:
        for column in columns:
            if column not in row:
                raise _missing(where, column, row)
        empty = False
        yield row
    if empty:
        raise InputError(f"{path}: is empty; there is no record to read")


def field_values(
    path: Path | str | None, *, kind: str, field: str, errors: str
) -> Iterator[tuple[str, object]]:
    """One field of each record, with the place (file:line) it comes from; see `readers.read_lines`."""
    if kind == "jsonl":
        for where, row in _json_rows(path, errors=errors):
            if field not in row:
                raise _missing(where, field, row)
            yield f"{where}: field '{field}'", row[field]
    elif kind == "parquet":
        for where, row in _parquet_rows(str(path), columns=[field]):
            yield f"{where}: field '{field}'", row[field]
    elif field.isdecimal():
        yield from _numbered_column(path, kind=kind, column=int(field), errors=errors)
    else:
        for where, row in _table_rows(path, kind=kind, errors=errors):
            if field not in row:
                raise _missing(where, field, row)
            yield where, row[field]


def _missing(where: str, field: str, known: Mapping[str, object] | Sequence[str]) -> InputError:
    nearest = difflib.get_close_matches(field, [str(name) for name in known], n=1)
    remedy = f"did you mean '{nearest[0]}'? " if nearest else ""
    return InputError(f"{where}: has no field '{field}'; {remedy}(fields: {', '.join(map(str, known))})")


def _json_rows(path: Path | str | None, *, errors: str) -> Iterator[tuple[str, dict[str, Any]]]:
    name = display_name(path)
    for number, line in decoded_lines(path, errors=errors):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{where}: not valid JSON ({error.msg} at column {error.colno})") from error
        except (ValueError, RecursionError) as error:  # a number of 5,000 digits, a thousand open brackets
            raise InputError(f"{where}: not JSON that can be read ({error})") from error
        if not isinstance(row, dict):
            raise InputError(f"{where}: must be a JSON object, one a line, not {type(row).__name__}")
        yield where, row


def _cells(path: Path | str | None, *, kind: str, errors: str) -> Iterator[tuple[str, list[str]]]:
    """The cells of each row that is not blank, with its place (the line on which the row ends)."""
    name = display_name(path)
    lines: Iterable[str] = (line + "\n" for _, line in decoded_lines(path, errors=errors))
    csv.field_size_limit(sys.maxsize)  # the module refuses fields over 128 kB otherwise
    if kind == "tsv":
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    else:
        rows = csv.reader(lines, strict=True)
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{name}:{rows.line_num}: not valid {kind.upper()} ({error})") from error
        if cells:
            yield f"{name}:{rows.line_num}", cells


def _table_rows(path: Path | str | None, *, kind: str, errors: str) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = _cells(path, kind=kind, errors=errors)
    where, header = next(rows, ("", []))
    if len(set(header)) < len(header):
        raise InputError(f"{where}: two columns share a name; rename one (columns: {', '.join(header)})")
    for where, cells in rows:
        if len(cells) != len(header):
            raise InputError(f"{where}: the number of columns is {len(cells)}, the header has {len(header)}")
        yield where, dict(zip(header, cells, strict=True))


def _numbered_column(
    path: Path | str | None, *, kind: str, column: int, errors: str
) -> Iterator[tuple[str, object]]:
    if column < 1:
        raise UsageError(f"{display_name(path)}: columns are numbered from 1, not {column}")
    for where, cells in _cells(path, kind=kind, errors=errors):
        if len(cells) < column:
            raise InputError(f"{where}: there is no column {column} (columns: {len(cells)})")
        yield where, cells[column - 1]


def _parquet_rows(path: Path | str, *, columns: Sequence[str] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row of a Parquet file, with its place; only `columns` are read, None for all."""
    import pyarrow
    import pyarrow.parquet

    if split_suffix(path)[1] or is_standard(path):
        raise UsageError(f"{path}: Parquet packs itself and is read from a file; unpack it first")
    with reading(path) as raw:
        try:
            file = pyarrow.parquet.ParquetFile(raw)
            for column in columns or ():
                if column not in file.schema_arrow.names:
                    raise _missing(str(path), column, file.schema_arrow.names)
            number = 0
            for batch in file.iter_batches(batch_size=BATCH, columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: row {number}", row
        except pyarrow.ArrowException as error:
            raise InputError(f"{path}: not a whole Parquet file ({' '.join(str(error).split())})") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: after row {number}: not valid UTF-8 ({error.reason})") from error
