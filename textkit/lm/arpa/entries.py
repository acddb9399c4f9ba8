"""The entries of one order of an ARPA file: parsed by compiled code, and by Python what that leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from textkit.errors import InputError
from textkit.lm.arpa.lines import Block
from textkit.lm.ngram.log_table import Floats32
from textkit.lm.trie import Words
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable

_TOO_LARGE = 2.0**128 - 2.0**103  # from here on float32 rounds to infinity
_ZERO = -99.0  # log10 of zero, by custom
_FIELD = re.compile(rb"[^ \t]+")


class Entries(NamedTuple):
    """Word ids (N, k), and decimal logarithms of probabilities and weights (N, 2), -inf for zero."""

    ids: Words
    logs: Floats32


@dataclass(frozen=True, eq=False)
class EntryParser:
    """Makes entries of a block of lines, among the `size` entries of `order` that begin at line `first`.

    `table` gives the words' ids; unigrams are added to it, so that their blocks must come one by one.
    `longest` says that no back-off weights may follow. Raises InputError naming the first line at fault.
    """

    table: TokenTable
    order: int
    size: int
    first: int
    longest: bool

    def __call__(self, block: Block) -> Entries:
        """The entries of a block."""
        from textkit.lm.kernels.arpa_parse import parse_entries

        logs = np.empty((block.lines, 2), np.float32)
        spans = np.empty((2, block.lines * self.order), np.int32)
        entry = place = 0
        while True:
            entry, place = parse_entries(block.text, place, entry, self.longest, logs, *spans)
            if entry == block.lines:
                return Entries(self._ids(block, spans, block.lines), logs)
            raw = _line(block, place)
            try:
                logs[entry] = self._parse(block, raw, entry)
            except InputError:
                self._ids(block, spans, entry)  # a word of an earlier line may be at fault
                raise
            words = slice(entry * self.order, (entry + 1) * self.order)
            fields = [match.span() for match in _FIELD.finditer(raw.rstrip(b"\r\n"))]
            spans[:, words] = place + np.array(fields[1 : self.order + 1]).T
            entry, place = entry + 1, place + len(raw)

    def _ids(self, block: Block, spans: Words, lines: int) -> Words:
        """The ids of the words of the first `lines` entries, (lines, k)."""
        count = lines * self.order
        words = TokenBatch(block.text, spans[0, :count], spans[1, :count], np.array([0, count]))
        if self.order == 1:
            _check_utf8(block)
            expected = np.arange(len(self.table), len(self.table) + count, dtype=np.int32)
            ids = self.table.add(words)
            wrong = np.flatnonzero(ids != expected)
        else:
            ids = self.table.find(words)
            wrong = np.flatnonzero(ids < 0)
        if len(wrong):
            self._fail_for_word(block, spans, int(wrong[0]))
        return ids.reshape(lines, self.order)

    def _fail_for_word(self, block: Block, spans: Words, word: int) -> None:
        entry, (start, end) = word // self.order, spans[:, word]
        begin = block.text[:start].tobytes().rfind(b"\n") + 1
        block.decode(_line(block, begin), entry)
        spelled = block.text[start:end].tobytes().decode("utf-8")
        if self.order > 1:
            block.fail(f"the word {spelled!r} is not among the 1-grams", entry)
        block.fail(f"the word {spelled!r} stands twice among the 1-grams", entry)

    def _parse(self, block: Block, raw: bytes, entry: int) -> tuple[float, float]:
        """The two logarithms of a line that compiled code does not take."""
        line = block.decode(raw, entry).rstrip("\r\n")
        try:
            log_prob, log_backoff = self._numbers([part for part in re.split("[ \t]", line) if part])
        except ValueError as error:
            number = block.first - self.first + entry + 1
            announced = f"the {self.size} {self.order}-grams that \\data\\ announces"
            block.fail(f"{error} (entry {number} of {announced})", entry)
        return _log(log_prob), _log(log_backoff)

    def _numbers(self, fields: list[str]) -> tuple[float, float]:
        """An entry's two logarithms; raises ValueError saying what is wrong with it."""
        if len(fields) == self.order + 2 and not self.longest:
            log_prob, log_backoff = _number(fields[0]), _number(fields[-1])
        elif len(fields) == self.order + 1:
            log_prob, log_backoff = _number(fields[0]), 0.0
        else:
            backoff = "" if self.longest else " and perhaps a back-off weight"
            words = f"{self.order} word{'s' * (self.order > 1)}"
            raise ValueError(f"an entry is a logarithm, {words}{backoff}, not {' '.join(fields)[:40]!r}")
        if not log_prob <= 0:
            raise ValueError(f"the logarithm of a probability is at most 0, not {fields[0].strip()[:40]}")
        if not log_backoff < _TOO_LARGE:
            raise ValueError(f"a back-off weight is a finite logarithm, not {fields[-1].strip()[:40]}")
        return log_prob, log_backoff


def _check_utf8(block: Block) -> None:
    try:
        block.text.tobytes().decode("utf-8")
    except UnicodeDecodeError as error:
        before = np.count_nonzero(block.text[: error.start] == ord("\n"))
        block.fail("not valid UTF-8", int(before))


def _line(block: Block, place: int) -> bytes:
    """The line that begins at a place of the block, with its end."""
    size = 1 << 12
    while True:
        raw = block.text[place : place + size].tobytes()
        if (end := raw.find(b"\n")) >= 0:
            return raw[: end + 1]
        size *= 2


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a number") from None


def _log(decimal: float) -> float:
    """A logarithm as tables hold it: -inf for what is, in single precision, -99 or less."""
    return float(np.float32(decimal)) if decimal > _ZERO and np.float32(decimal) > _ZERO else -np.inf
