"""Records of JSON lines: objects, or one field of each, many lines at a time where nothing is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from textkit.errors import InputError
from textkit_corpora.compression import Source
from textkit_corpora.decoding import (
    decode_line,
    missing_field,
    one_line,
    raw_lines,
    without_end,
    without_mark,
)
from textkit_corpora.line_limit import lines_of

BATCH = 1 << 16  # bytes of lines looked at together

_decode = json.JSONDecoder().decode  # json.loads without its checks of arguments


def json_rows(source: Source, *, errors: str) -> Iterator[tuple[str, dict[str, Any] | InputError]]:
    """The object on each line that is not blank, or what is wrong with it, with its place (file:line)."""
    return _rows(source.name, raw_lines(source, errors=errors), errors=errors)


def json_texts(source: Source, *, field: str, errors: str) -> Iterator[str | InputError]:
    """A field of each object as one line, or what is wrong with it; see `readers.read_lines`."""
    size = BATCH if source.raw.seekable() else 1  # who types at a pipe waits for each line
    first = 1
    stream = lines_of(source.stream, name=source.name)
    while lines := _together(stream, size):
        count = len(lines)
        if first == 1:
            lines[0] = without_mark(lines[0], name=source.name, errors=errors)
        numbered = enumerate(map(without_end, lines), first)
        yield from _plain(lines, field) or _texts(source.name, numbered, field=field, errors=errors)
        first += count


def _together(lines: Iterator[bytes], size: int) -> list[bytes]:
    """The next lines, `size` bytes or a little more."""
    taken, held = [], 0
    for line in lines:
        taken.append(line)
        held += len(line)
        if held >= size:
            break
    return taken


def _plain(lines: list[bytes], field: str) -> list[str] | None:
    """The texts of lines with which nothing is wrong or out of the ordinary, else None: look at each."""
    try:
        rows = map(_decode, filter(str.strip, b"".join(lines).decode().split("\n")))
        texts: list[str] = [row[field] for row in rows]
        joined = "".join(texts)
        joined.encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return None if "\n" in joined or "\0" in joined else texts


def _texts(
    name: str, lines: Iterable[tuple[int, bytes]], *, field: str, errors: str
) -> Iterator[str | InputError]:
    for where, row in _rows(name, lines, errors=errors):
        if isinstance(row, InputError):
            yield row
        elif field in row:
            yield one_line(row[field], where=f"{where}: field '{field}'", errors=errors)
        else:
            yield missing_field(where, field, row)


def _rows(
    name: str, lines: Iterable[tuple[int, bytes]], *, errors: str
) -> Iterator[tuple[str, dict[str, Any] | InputError]]:
    for number, raw in lines:
        line = decode_line(raw, errors, name=name, number=number)
        where = f"{name}:{number}"
        if isinstance(line, InputError):
            yield where, line
        elif line.strip():
            yield where, _object(line, where=where)


def _object(line: str, *, where: str) -> dict[str, Any] | InputError:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return InputError(f"{where}: not valid JSON ({error.msg} at column {error.colno})")
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, a thousand open brackets
        return InputError(f"{where}: not JSON that can be read ({error})")
    if not isinstance(row, dict):
        return InputError(f"{where}: must be a JSON object, one a line, not {type(row).__name__}")
    return row
