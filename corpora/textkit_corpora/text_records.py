"""Whole records of any kind of file, one column of which is a text, and perhaps another its label."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from textkit.errors import InputError
from textkit_corpora.columns import Columns, check_column_names, find_columns
from textkit_corpora.compression import Source, check_file, is_standard, reading
from textkit_corpora.decoding import check_errors, decode_line, missing_field, one_line, raw_lines
from textkit_corpora.jsonlines import json_rows
from textkit_corpora.tables import Record, kind_of, parquet_file, parquet_rows, rows_under, table_cells


@dataclass(frozen=True)
class TextRecords:
    """The records of an open file, each with its place, in order; what is wrong with one in its stead.

    `kind` is "text" (lines), "csv", "tsv", "jsonl" or "parquet". JSON lines and plain text have no `names`
    of columns that all records share. `schema` is that of Parquet.
    """

    kind: str
    columns: Columns
    rows: Iterator[tuple[str, Record]]
    source: Source
    errors: str
    schema: Any = None

    def text(self, row: dict[str, Any], *, where: str) -> str | InputError:
        """The text of a record as one line, or what is wrong with it."""
        return self._cell(row, self.columns.text, where=where)

    def label(self, row: dict[str, Any], *, where: str) -> str | InputError:
        """The label of a record: text, a whole number, true or false; blanks around it do not count."""
        column = self.columns.label or "label"
        value = row.get(column)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int):
            return str(value)
        if value is None and column in row:
            return InputError(f"{where}: has no label; give it one, or leave the record out")
        label = self._cell(row, column, where=where)
        if isinstance(label, InputError):
            return label
        return " ".join(label.split()) or InputError(
            f"{where}: has no label; give it one, or leave the record out"
        )

    def _cell(self, row: dict[str, Any], column: str, *, where: str) -> str | InputError:
        if column not in row:
            return missing_field(where, column, row)
        named = where if self.kind in ("csv", "tsv", "text") else f"{where}: field '{column}'"
        return one_line(row[column], where=named, errors=self.errors)


@contextlib.contextmanager
def open_records(
    path: Path | str | None,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    labelled: bool = False,
    errors: str = "strict",
) -> Iterator[TextRecords]:
    """The records of a file, or of standard input for None or "-", opened.

    The name says the kind as in `read_lines`, packed or not. A file of no known kind holds lines of text,
    or if `labelled` is a TSV; so does standard input, which with a column named holds JSON lines. For the
    columns of CSV and TSV see `columns.find_columns`; those of other records are "text" and "label" if not
    named.

    Raises InputError, in the block too, for what cannot be read, UsageError for what cannot be asked.
    """
    check_errors(errors)
    check_file(path)
    check_column_names(text_column, label_column, usual=("text", "label" if labelled else None))
    kind = kind_of(path)
    named = [name for name in (text_column, label_column) if name is not None]
    if is_standard(path) and named and not any(name.isdecimal() for name in named):
        kind = "jsonl"
    elif kind == "text" and (labelled or named):
        kind = "tsv"
    with reading(path) as source:
        if kind in ("csv", "tsv"):
            find = partial(find_columns, text=text_column, label=label_column, labelled=labelled)
            found, rows = table_records(source, kind=kind, find=find, errors=errors)
            columns = found or Columns(False, (), text_column or "2", label_column)
            yield TextRecords(kind, columns, rows, source, errors)
            return
        columns = Columns(
            True, (), text_column or "text", (label_column or "label") if labelled else label_column
        )
        if kind == "parquet":
            yield _parquet(source, columns, errors=errors)
        elif kind == "jsonl":
            yield TextRecords(kind, columns, json_rows(source, errors=errors), source, errors)
        else:
            yield TextRecords(kind, columns, _lines(source, errors=errors), source, errors)


class FindColumns(Protocol):
    """What knows the columns of a table by its `first` row, which stands at `where`."""

    def __call__(self, first: Sequence[str], *, where: str) -> Columns: ...


def table_records(
    source: Source, *, kind: str, find: FindColumns, errors: str
) -> tuple[Columns | None, Iterator[tuple[str, Record]]]:
    """The columns of an open "csv" or "tsv" file, as `find` finds them, and its records with their places.

    A table without a row has no columns. Raises InputError as `find` does.
    """
    cells = table_cells(source, kind=kind, errors=errors)
    where, first = next(cells, (source.name, []))
    if isinstance(first, InputError):
        raise first
    if not first:
        return None, iter(())
    columns = find(first, where=where)
    if columns.header:
        return columns, rows_under(columns.names, cells, where=where)
    return columns, _without_header(columns, itertools.chain([(where, first)], cells), kind=kind)


def _without_header(
    columns: Columns, rows: Iterator[tuple[str, list[str] | InputError]], *, kind: str
) -> Iterator[tuple[str, Record]]:
    sign = "tab" if kind == "tsv" else "comma"
    for where, cells in rows:
        if isinstance(cells, InputError):
            yield where, cells
        elif len(cells) != len(columns.names):
            remedy = f"is there a {sign} too {'few' if len(cells) < len(columns.names) else 'many'}?"
            message = f"has {len(cells)} columns, the first row has {len(columns.names)}; {remedy}"
            yield where, InputError(f"{where}: {message}")
        else:
            yield where, dict(zip(columns.names, cells, strict=True))


def _parquet(source: Source, columns: Columns, *, errors: str) -> TextRecords:
    with parquet_file(source) as file:
        schema = file.schema_arrow
    for name in (columns.text, columns.label):
        if name is not None and name not in schema.names:
            raise missing_field(source.name, name, schema.names)
    known = Columns(True, tuple(schema.names), columns.text, columns.label)
    return TextRecords("parquet", known, parquet_rows(source, columns=None), source, errors, schema)


def _lines(source: Source, *, errors: str) -> Iterator[tuple[str, Record]]:
    """Lines of plain text as records of one column."""
    for number, raw in raw_lines(source, errors=errors):
        where = f"{source.name}:{number}"
        line = decode_line(raw, errors, name=source.name, number=number)
        yield where, line if isinstance(line, InputError) else {"text": line}
