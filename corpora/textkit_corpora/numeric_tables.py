"""Tables of numbers: a .csv or .tsv file, packed or not, as named columns in memory."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from textkit.data.table import Table
from textkit.errors import InputError, UsageError
from textkit_corpora.compression import reading
from textkit_corpora.tables import kind_of, rows_under, table_cells

# float() also takes "1_000", "nan" and digits of other scripts, which in a table are mistakes.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def read_table(path: Path | str) -> Table:
    """The columns of a .csv or .tsv file with a header; the suffix before .gz and its like decides which.

    Every cell is a number, or a date such as 2011-01-31, which becomes its day counted from 1970-01-01.
    There are no missing values: what a table lacks cannot be guessed here, so an empty cell is an error.

    Raises InputError, with file and line, for what is not such a table, UsageError for another kind of file.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.csv")
    >>> _ = path.write_text("day,price\\n1970-01-02,3.5\\n1970-01-03,4\\n")
    >>> {name: column.tolist() for name, column in read_table(path).columns.items()}
    {'day': [1.0, 2.0], 'price': [3.5, 4.0]}
    """
    kind = kind_of(path)
    if kind not in ("csv", "tsv"):
        raise UsageError(
            f"{path}: is no table of numbers; name a .csv or .tsv file (.gz and its like may follow)"
        )
    columns: list[list[float]] = []
    dated: list[bool] = []
    with reading(path) as source:
        cells = table_cells(source, kind=kind, errors="strict")
        where, header = next(cells, ("", []))
        if isinstance(header, InputError):
            raise header
        if not header:
            raise InputError(f"{path}: is empty; the first line must name the columns")
        header = [name.strip() for name in header]
        _check_header(header, where=where)
        columns = [[] for _ in header]
        for place, row in rows_under(header, cells, where=where):
            if isinstance(row, InputError):
                raise row
            dated = dated or [_DATE.fullmatch(cell.strip()) is not None for cell in row.values()]
            for column, of_dates, (name, cell) in zip(columns, dated, row.items(), strict=True):
                column.append(_value(cell, name, of_dates=of_dates, where=place))
    if not columns[0]:
        raise InputError(f"{path}: has a header but no rows; add some")
    return Table({name: np.array(column) for name, column in zip(header, columns, strict=True)})


def _check_header(header: Sequence[str], *, where: str) -> None:
    if len(header) == 1 and (mark := re.search(r"[;\t]", header[0])):
        told = "semicolons" if mark[0] == ";" else "tabs"
        raise InputError(f"{where}: its columns are parted by {told}; a .csv file has commas, a .tsv tabs")
    for name in header:
        if not name:
            raise InputError(f"{where}: a column has no name; the first line must name every column")
        if _NUMBER.fullmatch(name) or _DATE.fullmatch(name):
            raise InputError(
                f"{where}: is no header but holds '{name}'; the first line must name the columns"
            )


def _value(cell: str, column: str, *, of_dates: bool, where: str) -> float:
    """What a cell says; the first row has decided whether its column is one of dates."""
    text, there = cell.strip(), f"{where}: column '{column}'"
    if not text:
        raise InputError(f"{there} is empty; fill the cell or remove the row")
    if not of_dates and _NUMBER.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            raise InputError(f"{there} holds '{text[:40]}', too large a number; mend or remove the row")
        return value
    if of_dates and _DATE.fullmatch(text):
        try:
            return float(datetime.date.fromisoformat(text).toordinal() - _EPOCH)
        except ValueError as error:
            raise InputError(f"{there} holds '{text}', which is no date ({error}); mend it") from error
    expected = "a date such as 2011-01-31, as above" if of_dates else "a number"
    raise InputError(f"{there} holds '{text[:40]}', not {expected}; mend it, or remove the column")
