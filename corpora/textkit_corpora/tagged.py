"""Sentences whose tokens have tags: JSON lines with lists, or a token a line as CoNLL has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textkit.data.spans import TaggedSentence, parse_tag
from textkit.errors import InputError, UsageError
from textkit_corpora.compression import check_file, display_name, is_standard, reading
from textkit_corpora.decoding import check_errors, decoded_lines, missing_field, one_line
from textkit_corpora.jsonlines import json_rows
from textkit_corpora.tables import kind_of

DOCUMENT = "-DOCSTART-"  # between the documents of CoNLL 2003; no token


def read_tagged(path: Path | str, *, tags: bool = True, errors: str = "strict") -> Iterator[TaggedSentence]:
    r"""The sentences of a file, or of standard input for "-"; without `tags` they are not asked for.

    .jsonl: objects with the lists of strings "tokens" and "tags". Anything else is plain text: a token a
    line, its tag in the last of the columns (tabs, or else white space), a blank line after a sentence.

    Raises InputError, with file and line, for what cannot be read, UsageError for files of other kinds.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "f.conll")
    >>> _ = path.write_text("to O\nOslo B-city\n\nno O\n")
    >>> [sentence.tokens for sentence in read_tagged(path)]
    [('to', 'Oslo'), ('no',)]
    """
    kind = kind_of(path)
    if kind in ("csv", "parquet"):
        raise UsageError(f"{path}: tagged sentences are read from .jsonl files and from columns (CoNLL)")
    check_errors(errors)
    check_file(path)
    sentences = _objects if kind == "jsonl" else _columns
    return _not_empty(path, sentences(path, tags=tags, errors=errors))


def _not_empty(path: Path | str, sentences: Iterator[TaggedSentence]) -> Iterator[TaggedSentence]:
    empty = not is_standard(path)
    for sentence in sentences:
        empty = False
        yield sentence
    if empty:
        raise InputError(f"{path}: is empty; there is no sentence to read")


def _objects(path: Path | str, *, tags: bool, errors: str) -> Iterator[TaggedSentence]:
    with reading(path) as source:
        for where, row in json_rows(source, errors=errors):
            if isinstance(row, InputError):
                raise row
            tokens = _strings(row, "tokens", where=where, errors=errors)
            found = _strings(row, "tags", where=where, errors=errors) if tags else ()
            if tags and len(found) != len(tokens):
                raise InputError(f"{where}: {len(tokens)} tokens and {len(found)} tags; give a tag for each")
            if not all(token.strip() for token in tokens):
                raise InputError(f"{where}: a token is empty or white space; leave it out")
            for tag in found:
                _check_tag(tag, where=where)
            yield TaggedSentence(tokens, found)


def _check_tag(tag: str, *, where: str) -> None:
    try:
        parse_tag(tag)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _strings(row: dict[str, Any], field: str, *, where: str, errors: str) -> tuple[str, ...]:
    if field not in row:
        raise missing_field(where, field, row)
    value = row[field]
    if not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise InputError(f"{where}: field '{field}' must be a list of strings")
    strings = []
    for each in value:
        text = one_line(each, where=f"{where}: field '{field}'", errors=errors)
        if isinstance(text, InputError):
            raise text
        strings.append(text)
    return tuple(strings)


def _columns(path: Path | str, *, tags: bool, errors: str) -> Iterator[TaggedSentence]:
    rows: list[list[str]] = []
    name = display_name(path)
    for number, line in decoded_lines(path, errors=errors):
        cells = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
        if not line.strip() or cells[0] == DOCUMENT:
            yield from _sentence(rows, tags=tags)
            rows = []
        elif not cells[0] or (tags and len(cells) < 2):
            raise InputError(f"{name}:{number}: needs a token and its tag, as in 'Oslo B-city', not {line!r}")
        else:
            if tags:
                _check_tag(cells[-1], where=f"{name}:{number}")
            rows.append(cells)
    yield from _sentence(rows, tags=tags)


def _sentence(rows: list[list[str]], *, tags: bool) -> Iterator[TaggedSentence]:
    if rows:
        yield TaggedSentence(tuple(row[0] for row in rows), tuple(row[-1] for row in rows if tags))
