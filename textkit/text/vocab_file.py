"""The file of a vocabulary: a header, then a token, a tab and its count a line; or a plain list of tokens."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textkit.errors import CheckpointError, newer_advice, unreadable

if TYPE_CHECKING:
    from textkit.text.vocab import Vocab

HEADER = "#textkit-vocab "
FORMAT = 1
DIGEST = 12  # hexadecimal digits

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNESCAPES = {escape: plain for plain, escape in _ESCAPES.items()}


class Heading(NamedTuple):
    """What the first line of a file says of the tokens below it.

    `digest` names the tokens; `crc32` tells damage of anything, the counts as well. Files of earlier versions
    have none.
    """

    specials: int
    unknown: str | None
    digest: str | None
    crc32: str | None = None

    def fits(self, body: bytes) -> bool:
        """Whether the lines below are as they were written."""
        return self.crc32 is None or self.crc32 == _crc32(self.specials, self.unknown, body)


class VocabFile(NamedTuple):
    """What a file holds; a plain list has no digest. `fault` says what does not fit its first line."""

    tokens: tuple[str, ...]
    counts: tuple[int, ...]
    specials: int
    unknown: str | None
    digest: str | None
    fault: str = ""


def digest(tokens: Iterable[str]) -> str:
    """A hash of tokens and their order, equal on every machine: 12 hexadecimal digits."""
    return hashlib.sha256("\n".join(map(escape, tokens)).encode()).hexdigest()[:DIGEST]


def content(vocab: Vocab) -> bytes:
    r"""One token a line, `token<TAB>count`, with \\, \n, \r and \t escaped, after a header line."""
    pairs = zip(vocab.tokens, vocab.counts, strict=True)
    body = "".join(f"{escape(token)}\t{count}\n" for token, count in pairs).encode()
    header = {
        "format": FORMAT,
        "specials": vocab.specials,
        "unknown": vocab.unknown,
        "digest": vocab.digest(),
        "crc32": _crc32(vocab.specials, vocab.unknown, body),
    }
    return f"{HEADER}{json.dumps(header, ensure_ascii=False)}\n".encode() + body


def _crc32(specials: int, unknown: str | None, body: bytes) -> str:
    said = json.dumps([specials, unknown]).encode()
    return f"{zlib.crc32(body, zlib.crc32(said)):08x}"


def read_bytes(path: Path) -> bytes:
    """What a file holds. Raises CheckpointError when it is missing or cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def parse(data: bytes, *, source: Path | str, unknown: str) -> VocabFile:
    """What `write` wrote, or a plain list of tokens, in which the word `unknown` is the unknown word.

    Raises CheckpointError, naming `source`, for what is damaged or of another version.
    """
    try:
        lines = data.decode("utf-8").removeprefix("\ufeff").split("\n")
    except UnicodeDecodeError as error:
        raise CheckpointError(f"{source}: not a vocabulary: not valid UTF-8 at byte {error.start}") from error
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise CheckpointError(f"{source}: not a vocabulary: the file is empty")
    if lines[0].startswith(HEADER):
        heading = read_heading(lines[0], source=source)
        tokens, counts = _read_counts(source, lines[1:])
        body = data.partition(b"\n")[2]
        fault = _fault(heading, tokens, body)
        return VocabFile(tokens, counts, heading.specials, heading.unknown, heading.digest, fault)
    if _lost_heading(lines):
        raise CheckpointError(f"{source}:1: the header of a vocabulary is damaged or gone; restore it")
    tokens = tuple(unescape(line.removesuffix("\r")) for line in lines)
    counts = (0,) * len(tokens)
    known = unknown if unknown in tokens else None
    return VocabFile(tokens, counts, specials=int(tokens[0] == known), unknown=known, digest=None)


def _fault(heading: Heading, tokens: tuple[str, ...], body: bytes) -> str:
    if heading.digest is not None and digest(tokens) != heading.digest:
        return "the tokens do not match the header's digest; the file was edited or damaged"
    if not heading.fits(body):
        return "the counts or the specials do not match the header's digest; the file was edited or damaged"
    return ""


def _lost_heading(lines: list[str]) -> bool:
    """Whether lines are no plain list of tokens, but what damage has left of a file that `write` wrote."""
    counted = len(lines) > 1 and all(re.search(r"\t[0-9]+\Z", line) for line in lines[1:])
    cut = len(lines) == 1 and HEADER.startswith(lines[0])
    return counted or cut or lines[0].startswith(HEADER[:8]) or "\0" in lines[0]


def read_heading(line: str, *, source: Path | str) -> Heading:
    """What the first line of a file that `write` wrote says; raises CheckpointError when it is none."""
    try:
        header = json.loads(line[len(HEADER) :])
        if header["format"] != FORMAT:
            found = header["format"]
            raise CheckpointError(
                f"{source}:1: format {found!r}; this version reads format {FORMAT}"
                f"{newer_advice(found, FORMAT)}"
            )
        return Heading(int(header["specials"]), header["unknown"], header["digest"], header.get("crc32"))
    except (AttributeError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"{source}:1: not a vocabulary header: {error}") from error


def _read_counts(source: Path | str, lines: list[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    tokens, counts = [], []
    for number, line in enumerate(lines, 2):
        token, tab, count = line.rpartition("\t")
        if not tab or not count.isdecimal() or len(count) > 18:
            raise CheckpointError(
                f"{source}:{number}: a line is a token, a tab and a count, not {line[:40]!r}"
            )
        tokens.append(unescape(token))
        counts.append(int(count))
    return tuple(tokens), tuple(counts)


def escape(token: str) -> str:
    """How a token is written: on one line, without a tab."""
    return re.sub(r"[\\\n\r\t]", lambda match: _ESCAPES[match[0]], token)


def unescape(line: str) -> str:
    """The token that is written so."""
    return re.sub(r"\\[\\nrt]", lambda match: _UNESCAPES[match[0]], line)
