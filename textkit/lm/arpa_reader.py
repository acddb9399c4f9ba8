"""Reading ARPA text: every fault is told with its line."""

from __future__ import annotations

import gzip
import re
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, NoReturn

import numpy as np

from textkit.errors import InputError
from textkit.lm.language_model import SPECIALS
from textkit.lm.ngram import Floats, NgramModel
from textkit.lm.stream import Ints
from textkit.lm.trie import NgramTrie, trie_of
from textkit.text.vocab import UNKNOWN, Vocab

BEGIN = "<s>"
ZERO = -99.0  # log10 of zero, by custom
LN10 = float(np.log(10))


def read_arpa(path: Path | str) -> NgramModel:
    """Read an n-gram model of any order from ARPA text, gzipped or not.

    The vocabulary is `<unk>`, `</s>` and the other unigrams in the file's order. Raises InputError, with
    the line number, when the file is truncated, reordered, malformed, contradicts its own counts or is not
    ARPA at all.
    """
    path = Path(path)
    try:
        with _opened(path) as file:
            return _read(_Lines(path, file))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: cannot be read: a damaged or truncated gzip file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        if raw.peek(2)[:2] != b"\x1f\x8b":
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as file:
            yield file  # type: ignore[misc]


@dataclass
class _Lines:
    """The lines of a file, and the number of the last one read."""

    path: Path
    file: IO[bytes]
    number: int = 0

    def next(self) -> str | None:
        """The next line that is not blank, less its end; None at the end of the file."""
        for raw in self.file:
            self.number += 1
            line = self.decode(raw).strip("\r\n \t")
            if line:
                return line
        return None

    def entries(self, count: int) -> Iterator[str]:
        """Up to `count` lines, blank or not."""
        for raw in islice(self.file, count):
            self.number += 1
            yield self.decode(raw)

    def decode(self, raw: bytes) -> str:
        """A line as text."""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.fail("not valid UTF-8")

    def fail(self, message: str, number: int | None = None) -> NoReturn:
        """Raise the error for line `number`, or the last one read."""
        raise InputError(f"{self.path}:{self.number if number is None else number}: {message}")


@dataclass(frozen=True, eq=False)
class _Section:
    """The entries of one order: word ids (n, order), natural logarithms (n,), and the first entry's line."""

    ids: Ints
    log_prob: Floats
    log_backoff: Floats
    first_line: int


def _read(lines: _Lines) -> NgramModel:
    sizes, heading = _sizes(lines)
    index: dict[str, int] = {}
    unigrams = _section(lines, heading, sizes, order=1, index=index)
    missing = [token for token in (*SPECIALS, BEGIN) if token not in index]
    notes = [f"{token} is not among the 1-grams and has probability zero" for token in missing]
    tokens = (*SPECIALS, *(token for token in index if token not in (*SPECIALS, BEGIN)))
    vocab = Vocab(tokens, (0,) * len(tokens), specials=len(SPECIALS), unknown=UNKNOWN)
    found = list(index)
    index = {token: i for i, token in enumerate((*tokens, BEGIN))}
    places = [index[token] for token in found]
    trie = trie_of(len(vocab), ())
    log_prob, log_backoff = [np.full(trie.base, -np.inf)], [np.zeros(trie.base)]
    log_prob[0][places], log_backoff[0][places] = unigrams.log_prob, unigrams.log_backoff
    for order in range(2, len(sizes) + 1):
        section = _section(lines, lines.next(), sizes, order=order, index=index)
        trie, kept = _grow(lines, trie, section)
        log_prob.append(section.log_prob[kept])
        log_backoff.append(section.log_backoff[kept])
        if dropped := len(section.log_prob) - len(kept):
            notes.append(f"order {order}: left out {dropped} with {BEGIN} inside, which no text can reach")
    if lines.next() != "\\end\\":
        lines.fail(f"\\end\\ is due after the {sizes[-1]} {len(sizes)}-grams that \\data\\ announces")
    name = f"ARPA {lines.path.name}"
    return NgramModel(vocab, trie, tuple(log_prob), tuple(log_backoff[:-1]), name, notes=tuple(notes))


def _sizes(lines: _Lines) -> tuple[list[int], str | None]:
    r"""The numbers of n-grams that \data\ announces, and the line after them."""
    while (line := lines.next()) != "\\data\\":
        if line is None:
            lines.fail("no \\data\\ line: not an ARPA file")
    sizes: list[int] = []
    while (line := lines.next()) is not None and line.startswith("ngram"):
        match = re.fullmatch(r"ngram\s+(\d+)\s*=\s*(\d+)", line, flags=re.ASCII)
        if not match or int(match[1]) != len(sizes) + 1:
            lines.fail(f"'ngram {len(sizes) + 1}=COUNT' is due here, not {line[:40]!r}")
        sizes.append(int(match[2]))
    if not sizes:
        lines.fail("\\data\\ must announce how many n-grams there are: 'ngram 1=COUNT'")
    return sizes, line


def _section(
    lines: _Lines, heading: str | None, sizes: Sequence[int], *, order: int, index: dict[str, int]
) -> _Section:
    r"""All entries of one order; `heading`, which was just read, should be its \N-grams: line.

    `index` gives the words' ids; the unigrams fill it.
    """
    size = sizes[order - 1]
    if heading != f"\\{order}-grams:":
        after = (
            f" after the {sizes[order - 2]} {order - 1}-grams that \\data\\ announces" if order > 1 else ""
        )
        found = "but the file ends" if heading is None else f"not {heading[:40]!r}"
        lines.fail(f"\\{order}-grams: is due{after}, {found}")
    first_line = lines.number + 1
    ids, log_prob, log_backoff = array("q"), array("d"), array("d")
    for line in lines.entries(size):
        fields = line.rstrip("\r\n").replace("\t", " ").split(" ")
        if "" in fields:
            fields = [part for part in fields if part]
        try:
            prob, backoff = _numbers(fields, order, is_longest=order == len(sizes))
        except ValueError as error:
            stands = f"entry {len(log_prob) + 1} of the {size} {order}-grams that \\data\\ announces"
            lines.fail(f"{error} ({stands})")
        words = fields[1 : order + 1]
        if order == 1 and index.setdefault(words[0], len(index)) != len(log_prob):
            lines.fail(f"the word {words[0]!r} stands twice among the 1-grams")
        try:
            ids.extend([index[word] for word in words])
        except KeyError as error:
            lines.fail(f"the word {error.args[0]!r} is not among the 1-grams")
        log_prob.append(prob)
        log_backoff.append(backoff)
    if len(log_prob) < size:
        lines.fail(f"the file ends after {len(log_prob)} of the {size} {order}-grams that \\data\\ announces")
    table = np.array(ids, dtype=np.int64).reshape(-1, order)
    return _Section(table, _natural(log_prob), _natural(log_backoff), first_line)


def _numbers(fields: list[str], order: int, *, is_longest: bool) -> tuple[float, float]:
    """An entry's two logarithms; raises ValueError saying what is wrong with it."""
    if len(fields) == order + 2 and not is_longest:
        log_prob, log_backoff = _number(fields[0]), _number(fields[-1])
    elif len(fields) == order + 1:
        log_prob, log_backoff = _number(fields[0]), 0.0
    else:
        backoff = "" if is_longest else " and perhaps a back-off weight"
        words = f"{order} word{'s' * (order > 1)}"
        raise ValueError(f"an entry is a logarithm, {words}{backoff}, not {' '.join(fields)[:40]!r}")
    if not log_prob <= 0:
        raise ValueError(f"the logarithm of a probability is at most 0, not {fields[0]}")
    if not log_backoff < np.inf:
        raise ValueError(f"a back-off weight is a finite logarithm, not {fields[-1]}")
    return log_prob, log_backoff


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a number") from None


def _natural(decimals: array[float]) -> Floats:
    logs = np.array(decimals)
    logs[logs <= ZERO] = -np.inf
    return logs * LN10


def _grow(lines: _Lines, trie: NgramTrie, section: _Section) -> tuple[NgramTrie, Ints]:
    """The trie with one more order, and which entries of the section its rows are."""
    order = trie.order + 1
    reachable = np.flatnonzero((section.ids[:, 1:] != trie.vocab_size).all(axis=1))
    ids = section.ids[reachable]
    rows = ids[:, 0]
    for k in range(2, order):
        rows = trie.find(k, rows, ids[:, k - 1])
    if len(lost := np.flatnonzero(rows < 0)):
        number = section.first_line + int(reachable[lost[0]])
        lines.fail(f"the first {order - 1} words of this entry are not among the {order - 1}-grams", number)
    keys = trie.key(order, rows, ids[:, -1])
    ascending = np.argsort(keys, kind="stable")
    keys = keys[ascending]
    if len(twice := np.flatnonzero(keys[1:] == keys[:-1])):
        number = section.first_line + int(reachable[ascending[twice[0] + 1]])
        lines.fail(f"this {order}-gram stands twice", number)
    return NgramTrie(trie.vocab_size, (*trie.keys, keys)), reachable[ascending]
