"""The file of a vocabulary: a header, then a token, a tab and its count a line; or a plain list of tokens."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from textkit import atomic
from textkit.errors import CheckpointError

HEADER = "#textkit-vocab "
FORMAT = 1

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNESCAPES = {escape: plain for plain, escape in _ESCAPES.items()}


class VocabFile(NamedTuple):
    """What a file holds; a plain list has no digest."""

    tokens: tuple[str, ...]
    counts: tuple[int, ...]
    specials: int
    unknown: str | None
    digest: str | None


def digest(tokens: Iterable[str]) -> str:
    """A hash of tokens and their order, equal on every machine: 12 hexadecimal digits."""
    return hashlib.sha256("\n".join(map(_escape, tokens)).encode()).hexdigest()[:12]


def write(path: Path | str, file: VocabFile) -> None:
    r"""Write one token a line, `token<TAB>count`, with \\, \n, \r and \t escaped, after a header line."""
    header = {
        "format": FORMAT,
        "specials": file.specials,
        "unknown": file.unknown,
        "digest": file.digest,
    }
    lines = [HEADER + json.dumps(header, ensure_ascii=False)]
    lines += [f"{_escape(token)}\t{count}" for token, count in zip(file.tokens, file.counts, strict=True)]
    atomic.write_text(path, "\n".join(lines) + "\n")


def read(path: Path, *, unknown: str) -> VocabFile:
    """What `write` wrote, or a plain list of tokens, in which the word `unknown` is the unknown word.

    Raises CheckpointError when the file is missing, damaged, or of another version.
    """
    try:
        lines = path.read_bytes().decode("utf-8").removeprefix("\ufeff").split("\n")
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error
    except UnicodeDecodeError as error:
        raise CheckpointError(f"{path}: not a vocabulary: not valid UTF-8 at byte {error.start}") from error
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise CheckpointError(f"{path}: not a vocabulary: the file is empty")
    if lines[0].startswith(HEADER):
        header = _read_header(path, lines[0])
        return VocabFile(*_read_counts(path, lines[1:]), **header)
    tokens = tuple(_unescape(line.removesuffix("\r")) for line in lines)
    counts = (0,) * len(tokens)
    known = unknown if unknown in tokens else None
    return VocabFile(tokens, counts, specials=int(tokens[0] == known), unknown=known, digest=None)


def _read_header(path: Path, line: str) -> dict[str, Any]:
    try:
        header = json.loads(line[len(HEADER) :])
        if header["format"] != FORMAT:
            raise CheckpointError(
                f"{path}:1: format {header['format']!r}; this version reads format {FORMAT}"
            )
        return {"specials": int(header["specials"]), "unknown": header["unknown"], "digest": header["digest"]}
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"{path}:1: not a vocabulary header: {error}") from error


def _read_counts(path: Path, lines: list[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    tokens, counts = [], []
    for number, line in enumerate(lines, 2):
        token, tab, count = line.rpartition("\t")
        if not tab or not count.isdecimal() or len(count) > 18:
            raise CheckpointError(f"{path}:{number}: a line is a token, a tab and a count, not {line[:40]!r}")
        tokens.append(_unescape(token))
        counts.append(int(count))
    return tuple(tokens), tuple(counts)


def _escape(token: str) -> str:
    return re.sub(r"[\\\n\r\t]", lambda match: _ESCAPES[match[0]], token)


def _unescape(line: str) -> str:
    return re.sub(r"\\[\\nrt]", lambda match: _UNESCAPES[match[0]], line)
