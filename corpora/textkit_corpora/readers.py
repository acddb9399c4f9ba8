"""Lines of text from files of many kinds, one at a time, in constant memory.

The name decides the kind: .jsonl (or .ndjson), .csv, .tsv and .parquet hold records, anything else is
plain text; each may be packed (.gz, .bz2, .xz, .zst), but for Parquet, which packs itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from textkit.errors import InputError, UsageError
from textkit_corpora.compression import Source, check_file, is_standard, reading
from textkit_corpora.decoding import check_errors, decoded_lines, one_line
from textkit_corpora.jsonlines import json_texts
from textkit_corpora.tables import field_values, kind_of


def read_lines(path: Path | str | None, *, field: str | None = None, errors: str = "strict") -> Iterator[str]:
    r"""The lines of a file, or of standard input for None or "-", without their ends.

    Plain text: a line ends at \n or \r\n and nowhere else (U+2028, U+0085, \f or a lone \r stay
    inside it); a byte order mark at the start is dropped. Records (.jsonl, .parquet: `field`, else
    "text"; .csv, .tsv: `field`, a name in the header, or a number from 1 for tables without one) give
    one line each, a line end inside a value becoming a space. A .csv or .tsv file without `field` is
    plain text, and standard input with `field` is JSON lines.

    `errors` says what to do with bytes that are not UTF-8, and with NUL, which text files do not hold:
    "strict" refuses, "replace" puts U+FFFD, "ignore" drops them.

    Raises InputError, with file and line, for what cannot be read, UsageError for what cannot be asked.
    A file without a single line is an error; standard input may be empty.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.txt")
    >>> _ = path.write_bytes("one\r\ntwo\u2028half\nthree".encode())
    >>> list(read_lines(path))
    ['one', 'two\u2028half', 'three']
    """
    check_errors(errors)
    kind = kind_to_read(path, field)
    return _not_empty(path, _lines(path, kind=kind, field=field, errors=errors))


def kind_to_read(path: Path | str | None, field: str | None) -> str:
    """What a file is to be read as: "text", or a kind of records when their `field` is asked for.

    Raises InputError when there is no such file, UsageError when it has no fields.
    """
    check_file(path)
    kind = kind_of(path)
    if field is None and kind in ("csv", "tsv"):
        kind = "text"
    if field is not None and kind == "text":
        if not is_standard(path):
            raise UsageError(f"{path}: a field can be named in .jsonl, .csv, .tsv and .parquet files only")
        kind = "jsonl"
    return kind


def _lines(path: Path | str | None, *, kind: str, field: str | None, errors: str) -> Iterator[str]:
    if kind == "text":
        for _, line in decoded_lines(path, errors=errors):
            yield line
        return
    with reading(path) as source:
        for text in record_texts(source, kind=kind, field=field, errors=errors):
            if isinstance(text, InputError):
                raise text
            yield text


def record_texts(source: Source, *, kind: str, field: str | None, errors: str) -> Iterator[str | InputError]:
    """The text of each record, one line each; of one that cannot be read, what is wrong with it."""
    if kind == "jsonl":
        yield from json_texts(source, field=field or "text", errors=errors)
        return
    for where, value in field_values(source, kind=kind, field=field or "text", errors=errors):
        yield value if isinstance(value, InputError) else one_line(value, where=where, errors=errors)


def _not_empty(path: Path | str | None, lines: Iterator[str]) -> Iterator[str]:
    empty = not is_standard(path)
    for line in lines:
        empty = False
        yield line
    if empty:
        raise InputError(f"{path}: is empty; there is no line to read")
