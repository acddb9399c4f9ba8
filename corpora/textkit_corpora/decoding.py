"""Bytes to lines of text: UTF-8, strictly unless asked otherwise, every error with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from textkit.errors import InputError, unknown_name
from textkit_corpora.compression import display_name, reading

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
    name = display_name(path)
    with reading(path) as file:
        for number, raw in enumerate(file, 1):
            if number == 1:
                if errors == "strict" and raw.startswith(UTF16_MARKS):
                    raise InputError(f"{name}: is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8")
                raw = raw.removeprefix(BOM)
                if not raw:
                    continue
            if raw.endswith(b"\n"):
                raw = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
            try:
                line = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                if errors == "strict":
                    raise InputError(f"{name}:{number}: {_not_utf8(error)}") from error
                line = raw.decode("utf-8", errors)
            if "\0" in line:
                line = _without_nul(line, where=f"{name}:{number}", errors=errors)
            yield number, line


def _not_utf8(error: UnicodeDecodeError) -> str:
    column = len(error.object[: error.start].decode("utf-8")) + 1
    byte = error.object[error.start]
    return f"not valid UTF-8 (byte {byte:#04x} at column {column}); pass --errors replace or convert the file"


def _without_nul(text: str, *, where: str, errors: str) -> str:
    if errors == "strict":
        raise InputError(f"{where}: holds a NUL, so it is no text file; convert it or pass --errors replace")
    return text.replace("\0", "\ufffd" if errors == "replace" else "")


def one_line(value: object, *, where: str, errors: str) -> str:
    """The text of a record as one line: checked to be text, a line end inside it becomes a space."""
    if not isinstance(value, str):
        kind = "null" if value is None else f"a value of type {type(value).__name__}"
        raise InputError(f"{where}: holds {kind}, not a string")
    if "\n" in value:
        value = value.replace("\r\n", "\n").replace("\n", " ")
    if "\0" in value:
        value = _without_nul(value, where=where, errors=errors)
    if not value.isascii() and SURROGATE.search(value):
        if errors == "strict":
            raise InputError(f"{where}: holds half a character (a lone surrogate); pass --errors replace")
        value = SURROGATE.sub("\ufffd" if errors == "replace" else "", value)
    return value
