"""Bytes to lines of text: UTF-8, strictly unless asked otherwise, every error with file and line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from textkit.errors import InputError, unknown_name
from textkit_corpora.compression import Source, reading
from textkit_corpora.encodings import FREQUENT, guessed
from textkit_corpora.line_limit import lines_of

ERRORS = ("strict", "replace", "ignore")
BOM = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
SURROGATE = re.compile("[\ud800-\udfff]")


def check_errors(errors: str) -> None:
    """Raise UsageError unless `errors` is one of `ERRORS`."""
    if errors not in ERRORS:
        raise unknown_name("way with undecodable bytes", errors, ERRORS)


def decoded_lines(path: Path | str | None, *, errors: str = "strict") -> Iterator[tuple[int, str]]:
    """The lines of a file of text, each with its number from 1; see `readers.read_lines`."""
    with reading(path) as source:
        for number, raw in raw_lines(source, errors=errors):
            line = decode_line(raw, errors, name=source.name, number=number)
            if isinstance(line, InputError):
                raise line
            yield number, line


def raw_lines(source: Source, *, errors: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a source as bytes, without their ends, each with its number from 1."""
    for number, raw in enumerate(lines_of(source.stream, name=source.name), 1):
        if number == 1:
            raw = without_mark(raw, name=source.name, errors=errors)
            if not raw:
                continue
        yield number, without_end(raw)


def without_end(raw: bytes) -> bytes:
    r"""A line without its \n or \r\n."""
    if raw.endswith(b"\n"):
        return raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
    return raw


def without_mark(start: bytes, *, name: str, errors: str) -> bytes:
    """The start of a file without its byte order mark; raises InputError for UTF-16, when strict."""
    if errors == "strict" and start.startswith(UTF16_MARKS):
        raise InputError(f"{name}: is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8")
    return start.removeprefix(BOM)


def decode_line(raw: bytes, errors: str, *, name: str, number: int) -> str | InputError:
    """A line decoded; what is wrong with it is returned, for the caller to raise or to note.

    >>> decode_line(b"a\\0b", "strict", name="f.txt", number=7)
    InputError('f.txt:7: holds a NUL, so it is no text file; convert it or pass --errors replace')
    """
    try:
        line = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if errors == "strict":
            return InputError(f"{name}:{number}: {_not_utf8(error)}")
        line = raw.decode("utf-8", errors)
    return _without_nul(line, where=f"{name}:{number}", errors=errors) if "\0" in line else line


def _not_utf8(error: UnicodeDecodeError) -> str:
    column = len(error.object[: error.start].decode("utf-8")) + 1
    byte = error.object[error.start]
    found = f"not valid UTF-8 (byte {byte:#04x} at column {column})"
    encoding = guessed(error.object)
    if encoding in FREQUENT:
        return f"{found}, it seems to be {encoding}; convert it: iconv -f {encoding} -t UTF-8"
    return f"{found}; pass --errors replace or convert the file"


def _without_nul(text: str, *, where: str, errors: str) -> str | InputError:
    if errors == "strict":
        return InputError(f"{where}: holds a NUL, so it is no text file; convert it or pass --errors replace")
    return text.replace("\0", "\ufffd" if errors == "replace" else "")


def one_line(value: object, *, where: str, errors: str) -> str | InputError:
    """The text of a record as one line, a line end inside it becoming a space, or what is wrong with it."""
    if not isinstance(value, str):
        kind = "null" if value is None else f"a value of type {type(value).__name__}"
        return InputError(f"{where}: holds {kind}, not a string")
    if "\n" in value:
        value = value.replace("\r\n", "\n").replace("\n", " ")
    if not value.isascii() and SURROGATE.search(value):
        if errors == "strict":
            return InputError(f"{where}: holds half a character (a lone surrogate); pass --errors replace")
        value = SURROGATE.sub("\ufffd" if errors == "replace" else "", value)
    return _without_nul(value, where=where, errors=errors) if "\0" in value else value


def missing_field(where: str, field: str, known: Iterable[str]) -> InputError:
    """What is wrong with a record that lacks a field; names the nearest one that it has."""
    names = list(map(str, known))
    nearest = difflib.get_close_matches(field, names, n=1)
    remedy = f"; did you mean '{nearest[0]}'?" if nearest else ""
    return InputError(f"{where}: has no field '{field}'{remedy} (fields: {', '.join(names)})")
