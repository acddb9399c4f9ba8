"""Sentences with their translations, out of two files or one, of any kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from textkit.errors import InputError, UsageError
from textkit_corpora.columns import check_column_names, find_pair_columns
from textkit_corpora.compression import Source, check_file, display_name, is_standard, reading
from textkit_corpora.decoding import check_errors, missing_field, one_line
from textkit_corpora.jsonlines import json_rows
from textkit_corpora.readers import read_lines
from textkit_corpora.tables import Record, kind_of, parquet_rows
from textkit_corpora.text_records import table_records

_NESTED = "translation"  # data sets of the hub have {"translation": {"de": ..., "en": ...}}


class PairRecord(NamedTuple):
    """A sentence, its translation, and where they stand (file:line)."""

    source: str
    target: str
    where: str


def read_pairs(
    source: Path | str | None,
    target: Path | str | None = None,
    *,
    source_column: str | None = None,
    target_column: str | None = None,
    errors: str = "strict",
) -> Iterator[PairRecord]:
    """The pairs of two files, line i of `target` translating line i of `source`, or of one file.

    Two files are read as `readers.read_lines` does, the columns being the `field` of either. One file is a
    .tsv, .csv, .jsonl or .parquet, packed or not; a file of any other name, and standard input, is TSV.
    Columns that are named stand in a header or are the fields of JSON and Parquet records ("source" and
    "target" if not said), within "translation" too; "a.b" is field b of a. Columns that are numbered, from
    1, mean a table without a header. A TSV or CSV file of which neither is said has a header if its first
    row holds "source" and "target"; else it has two columns, the source first. Standard input, for which
    None or "-" stands as the source, "-" as the target, is JSON lines where columns are named. A side may
    be empty; line ends within one become spaces.

    Raises InputError, with file and line, for what cannot be read, files of unequal length and files
    without a pair, UsageError for what cannot be asked.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.tsv")
    >>> _ = path.write_text("un\\tone\\ndeux\\ttwo\\n")
    >>> [record[:2] for record in read_pairs(path)]
    [('un', 'one'), ('deux', 'two')]
    """
    check_errors(errors)
    if target is not None:
        if is_standard(source) and is_standard(target):
            raise UsageError("source and target cannot both come from standard input; name a file for one")
        sources = read_lines(source, field=source_column, errors=errors)
        targets = read_lines(target, field=target_column, errors=errors)
        return side_by_side((source, sources), (target, targets))
    check_file(source)
    _check_columns(source_column, target_column)
    return _not_empty(display_name(source), _one_file(source, source_column, target_column, errors=errors))


def pairs_of_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    source_column: str | None = None,
    target_column: str | None = None,
    name: str = "data set",
    errors: str = "strict",
) -> Iterator[PairRecord]:
    """The pairs of records that are in memory or come from `hub.from_datasets`; columns as in `read_pairs`.

    `name` is what messages call them. Raises InputError, with the number of the row, for what is no pair.

    >>> rows = [{"id": 7, "translation": {"de": "eins", "en": "one"}}]
    >>> list(pairs_of_rows(rows, source_column="de", target_column="en"))
    [PairRecord(source='eins', target='one', where='data set: row 1')]
    """
    check_errors(errors)
    _check_columns(source_column, target_column)
    numbered = ((f"{name}: row {number}", dict(row)) for number, row in enumerate(rows, 1))
    return _not_empty(name, _pairs(numbered, source_column, target_column, named=True, errors=errors))


def _check_columns(source: str | None, target: str | None) -> None:
    check_column_names(source, target, usual=("source", "target"), what="a source and its target")


def _not_empty(name: str, pairs: Iterator[PairRecord]) -> Iterator[PairRecord]:
    empty = True
    for pair in pairs:
        empty = False
        yield pair
    if empty:
        raise InputError(f"{name}: is empty; there is no pair of sentences")


def side_by_side(
    source: tuple[Path | str | None, Iterator[str]], target: tuple[Path | str | None, Iterator[str]]
) -> Iterator[PairRecord]:
    """The pairs of two files that are being read: each by its name, with its texts.

    Raises InputError for files of unequal length and files without a pair.
    """
    return _not_empty(display_name(source[0]), _side_by_side(source, target))


def _side_by_side(
    source: tuple[Path | str | None, Iterator[str]], target: tuple[Path | str | None, Iterator[str]]
) -> Iterator[PairRecord]:
    names = [display_name(path) for path, _ in (source, target)]
    lines = zip_longest(source[1], target[1])
    for number, (one, other) in enumerate(lines, 1):
        if one is None or other is None:
            total = number + sum(1 for _ in lines)
            counts = (number - 1, total) if one is None else (total, number - 1)
            raise InputError(
                f"{names[0]}: has {counts[0]:,} lines, {names[1]} has {counts[1]:,}; line by line one must "
                "translate the other: look for a line that is missing, or broken in two"
            )
        yield PairRecord(one, other, f"{names[0]}:{number}")


def _one_file(
    path: Path | str | None, source_column: str | None, target_column: str | None, *, errors: str
) -> Iterator[PairRecord]:
    kind = kind_of(path)
    asked = [name for name in (source_column, target_column) if name is not None]
    if kind == "text":
        named = any(not name.isdecimal() for name in asked)
        kind = "jsonl" if is_standard(path) and named else "tsv"
    with reading(path) as file:
        if kind in ("csv", "tsv"):
            find = partial(find_pair_columns, source=source_column, target=target_column)
            columns, rows = table_records(file, kind=kind, find=find, errors=errors)
            if columns is None:
                return
            source_column, target_column = columns.text, columns.label
        else:
            rows = _rows(file, kind=kind, errors=errors)
        yield from _pairs(
            rows, source_column, target_column, named=kind in ("jsonl", "parquet"), errors=errors
        )


def _rows(file: Source, *, kind: str, errors: str) -> Iterator[tuple[str, Record]]:
    return parquet_rows(file, columns=None) if kind == "parquet" else json_rows(file, errors=errors)


def _pairs(
    rows: Iterable[tuple[str, Record]],
    source_column: str | None,
    target_column: str | None,
    *,
    named: bool,
    errors: str,
) -> Iterator[PairRecord]:
    """The two columns of each record; fields are `named` in what is said of them."""
    columns = ((source_column, "source"), (target_column, "target"))
    for where, row in rows:
        if isinstance(row, InputError):
            raise row
        source, target = (_side(row, *each, where=where, named=named, errors=errors) for each in columns)
        yield PairRecord(source, target, where)


def _side(
    row: Mapping[str, Any], asked: str | None, default: str, *, where: str, named: bool, errors: str
) -> str:
    column = asked or default
    try:
        value = _value(row, column)
    except KeyError:
        raise _missing(where, column, row, asked=asked is not None) from None
    text = one_line(value, where=f"{where}: field '{column}'" if named else where, errors=errors)
    if isinstance(text, InputError):
        raise text
    return text


def _value(row: Mapping[str, Any], column: str) -> object:
    """What stands in a column: by its name, by its name within "translation", or by its path a.b.c.

    Raises KeyError where there is none.
    """
    if column in row:
        return row[column]
    inner = row.get(_NESTED)
    if isinstance(inner, Mapping) and column in inner:
        return inner[column]
    first, _, rest = column.partition(".")
    if rest and isinstance(row.get(first), Mapping):
        return _value(row[first], rest)
    raise KeyError(column)


def _missing(where: str, column: str, row: Mapping[str, Any], *, asked: bool) -> InputError:
    fields = list(row)
    if isinstance(row.get(_NESTED), Mapping):
        fields += [f"{_NESTED}.{name}" for name in row[_NESTED]]
    error = missing_field(where, column, fields)
    return error if asked else InputError(f"{error}; name them by --source-column and --target-column")
