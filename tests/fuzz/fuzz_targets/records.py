"""Records: JSON lines, CSV, TSV and Parquet, as every reader takes them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from fuzz_targets.target import Target, holds, placed, refusing, same
from textkit.errors import InputError
from textkit_corpora.blocks import read_blocks
from textkit_corpora.compression import reading
from textkit_corpora.numeric_tables import read_table
from textkit_corpora.readers import read_lines
from textkit_corpora.record_files import RecordFiles
from textkit_corpora.tables import encode_rows, read_rows, table_cells

ROWS = [{"text": "to be", "label": "1"}, {"text": 'a "b", c', "label": "0"}, {"text": "两\n行", "label": "1"}]
JSON = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS)
ODD_JSON = (
    b'{"text": "\\ud800"}\n{"text": null}\n{"text": 1e999, "label": NaN}\n\n'
    b'{"text": "a\\u0000b", "label": -0}\n'
    b'{"translation": {"de": "eins", "en": "one"}, "text": ["x"], "label": true}\n'
)
CSV = b'text,label\nto be,1\n"a ""b"", c",0\n"two\r\nlines",1\n'
TSV = b'label\ttext\n1\tto "be\n0\tor not\n'
_JSON_WORDS = (
    b'"text"',
    b'"label"',
    b"null",
    b"1e999",
    b"NaN",
    b'"\\ud800"',
    b"[[",
    b"{}",
    b"\\u0000",
    b"9" * 400,
)
_TABLE_WORDS = (b'"', b'""', b",", b"\t", b"\r", b"\r\n", b"text", b"label", b"\xef\xbb\xbf", b"\0")


def _read(suffix: str) -> Callable[[bytes, Path], None]:
    def read(data: bytes, folder: Path) -> None:
        """Every reader of records; blocks and whole records hold the same texts as lines."""
        path = placed(folder, f"rows{suffix}", data)
        for field in ("text", "1"):
            for errors in ("strict", "replace"):
                with refusing(InputError):
                    _as_lines(path, field, errors)
        with refusing(InputError):
            rows = list(read_rows(path, columns=["text"]))
            holds(all("text" in row for row in rows), "a record without its column")
        with refusing(InputError):
            _as_records(path, data)
        if suffix in (".csv", ".tsv"):
            with refusing(InputError):
                _back_and_forth(path, suffix[1:], folder)

    return read


def _as_lines(path: Path, field: str, errors: str) -> None:
    lines = list(read_lines(path, field=field, errors=errors))
    holds(not any("\n" in line for line in lines), "a line end in a line")
    "".join(lines).encode()
    blocks = read_blocks([str(path)], field=field, errors=errors, size=1)
    same([line for block in blocks for line in block.strings()[0]], lines, "texts in blocks")


def _as_records(path: Path, data: bytes) -> None:
    """All records kept, which gives the records of the file again."""
    with RecordFiles.of([str(path)], field="text", errors="replace") as files:
        head = files.head()
        parts = [block.select([True] * len(block)) for block in files.blocks()]
    if path.suffix == ".jsonl":
        kept = [line for line in (head + b"".join(parts)).split(b"\n") if line.strip()]
        mine = [line for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
        same([line.rstrip(b"\r") for line in kept], [line.rstrip(b"\r") for line in mine], "whole records")


def _back_and_forth(path: Path, kind: str, folder: Path) -> None:
    """What is written of the cells gives the same cells (but for what a TSV cannot hold)."""
    with reading(path) as source:
        rows = [cells for _, cells in table_cells(source, kind=kind, errors="replace")]
    if any(isinstance(cells, InputError) for cells in rows):
        return
    if rows and rows[0][0].startswith("\ufeff"):  # type: ignore[union-attr]
        return  # which is a mark where it begins a file
    lone = " " if kind == "tsv" else ""
    rows = [[cell.replace("\r", lone) for cell in cells] for cells in rows]  # type: ignore[union-attr]
    again = placed(folder, f"again.{kind}", encode_rows(kind, rows))  # type: ignore[arg-type]
    with reading(again) as source:
        same([cells for _, cells in table_cells(source, kind=kind, errors="strict")], rows, "cells written")


def read_numbers(data: bytes, folder: Path) -> None:
    """Columns of one length, all of finite numbers."""
    import numpy as np

    for suffix in (".csv", ".tsv"):
        with refusing(InputError):
            table = read_table(placed(folder, f"numbers{suffix}", data))
            lengths = {len(column) for column in table.columns.values()}
            holds(len(lengths) == 1, f"columns of {lengths} rows")
            holds(all(np.isfinite(column).all() for column in table.columns.values()), "no finite number")


def _parquet(rows: Iterable[Mapping[str, Any]], **options: Any) -> bytes:
    target = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), target, **options)
    return target.getvalue()


TARGETS = (
    Target(
        "rows-jsonl",
        "records of JSON lines",
        _read(".jsonl"),
        lambda: {"rows": JSON, "odd": ODD_JSON, "ended": JSON.replace(b"\n", b"\r\n"), "wrong": CSV},
        _JSON_WORDS,
    ),
    Target(
        "rows-csv", "records of CSV", _read(".csv"), lambda: {"rows": CSV, "bare": b"a\nb\n"}, _TABLE_WORDS
    ),
    Target(
        "rows-tsv",
        "records of TSV",
        _read(".tsv"),
        lambda: {"rows": TSV, "bare": b"a\tb\nc\td\n"},
        _TABLE_WORDS,
    ),
    Target(
        "rows-parquet",
        "records of Parquet",
        _read(".parquet"),
        lambda: {
            "rows": _parquet(ROWS),
            "zstd": _parquet(ROWS, compression="zstd", use_dictionary=False),
            "numbers": _parquet([{"text": 1, "label": 2.5}, {"text": None, "label": 0.0}]),
        },
        (b"PAR1", b"\x15\x00", b"\xff\xff\xff\x7f"),
        memory=4000,
        longest=16384,
    ),
    Target(
        "numbers",
        "tables of numbers (prices, rentals)",
        read_numbers,
        lambda: {
            "rows": b"day,price\n2011-01-31,3.5\n2011-02-01,-4e2\n",
            "tabs": b"a\tb\n1\t.5\n",
            "quoted": b'"a","b"\r\n"1","2"\r\n',
        },
        (
            b"1e308",
            b"9" * 400,
            b"inf",
            b"nan",
            b"1_0",
            "１".encode(),
            b"0000-00-00",
            b"2011-02-29",
            b'"',
            b"-",
        ),
    ),
)
