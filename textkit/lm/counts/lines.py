"""The lines of count files, parsed by compiled code; Python says what is wrong with a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from textkit.engine import map_blocks
from textkit.errors import InputError
from textkit.lm.arpa.lines import ArpaLines, Block
from textkit.lm.counts.windows import LARGEST, Windows
from textkit.lm.language_model import END
from textkit.lm.stream import Ints
from textkit.lm.threads import engine_of
from textkit.lm.trie import BEGIN, Words, read_only
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable

LONGEST = 16  # words of an n-gram that is read
_MOST = 2.0**62  # of all counts together
_CHUNK = 1 << 20  # ids renamed at once
_NO_LINES = np.empty(0, np.int32)


class _Parsed(NamedTuple):
    """What a block's lines say: different `words`, those of all n-grams as places among them.

    And the lengths, counts and lines, from 0 on, of the n-grams.
    """

    block: Block
    words: TokenBatch
    which: Words
    lengths: npt.NDArray[np.uint8]
    counts: Ints
    lines: Words


class Piece(NamedTuple):
    """The same with codes for words; `lines` is empty where every line of the block is an n-gram."""

    path: Path
    first_line: int
    codes: Words
    lengths: npt.NDArray[np.uint8]
    counts: Ints
    lines: Words


def read_pieces(path: Path, table: TokenTable, *, jobs: int | None) -> list[Piece]:
    """The n-grams of a file."""
    pieces = []
    with ArpaLines.opened(path) as lines, engine_of(jobs) as engine:
        for parsed in map_blocks(_parse, lines.blocks(1 << 62), engine=engine):
            # One block after the other, so that codes do not depend on the threads.
            codes = table.add(parsed.words)[parsed.which]
            kept = _NO_LINES if len(parsed.lines) == parsed.block.lines else parsed.lines
            pieces.append(Piece(path, parsed.block.first, codes, parsed.lengths, parsed.counts, kept))
    if not any(len(piece.lengths) for piece in pieces):
        raise InputError(f"{path}: there are no n-gram counts in it")
    return pieces


def _parse(block: Block) -> _Parsed:
    from textkit.lm.kernels.count_text import parse_counts

    counts, lengths = np.empty(block.lines, np.int64), np.empty(block.lines, np.uint8)
    lines = np.empty(block.lines, np.int32)
    most = len(block.text) // 2 + 1
    spans, which = np.empty((2, most), np.int32), np.empty(most, np.int32)
    fields = np.empty((2, LONGEST + 2), np.int32)
    line, size, words, found = parse_counts(
        read_only(block.text), fields, counts, lengths, lines, spans, which
    )
    try:
        block.text.tobytes().decode("utf-8")
    except UnicodeDecodeError as error:
        bad = int(np.count_nonzero(block.text[: error.start] == ord("\n")))
        if bad <= line:
            block.fail("not valid UTF-8", bad)
    if line < block.lines:
        ends_at = np.flatnonzero(block.text == ord("\n"))
        begin = int(ends_at[line - 1]) + 1 if line else 0
        _explain(block, block.text[begin : ends_at[line]].tobytes().decode("utf-8"), line)
    starts, ends = spans[:, :found].copy()
    batch = TokenBatch(block.text, starts, ends, np.array([0, found]))
    return _Parsed(block, batch, which[:words].copy(), lengths[:size], counts[:size], lines[:size])


def _explain(block: Block, line: str, index: int) -> NoReturn:
    """Raise the error for a line that is none of a count file."""
    *words, count = [field for field in re.split("[ \t\r]", line) if field]
    shown = repr(" ".join(words)[:40])
    if not re.fullmatch("[0-9]{1,18}", count):
        block.fail(
            f"a count is a whole number below 10**18 at the end of the line, not {count[:40]!r}", index
        )
    if not words:
        block.fail(
            f"an entry is the words of an n-gram, a tab and its count, not {line.strip()[:40]!r}", index
        )
    if len(words) > LONGEST:
        block.fail(
            f"n-grams have at most {LONGEST} words, not {len(words)}; leave out the longer ones", index
        )
    if BEGIN in words[1:]:
        block.fail(f"{BEGIN} can only begin an n-gram, but it stands inside of {shown}", index)
    block.fail(f"{END} can only end an n-gram, but words follow it in {shown}", index)


class _Origin(NamedTuple):
    """The first window of a piece, and which lines its n-grams are on."""

    window: int
    path: Path
    first_line: int
    lines: Words


@dataclass(frozen=True, eq=False)
class Listed:
    """All lines as windows of `order` words; `alone` (W,): the counts of words by themselves.

    `origins` say, for each piece, which window is its first; its words and counts are gone.
    """

    windows: Windows
    order: int
    alone: Ints
    origins: list[_Origin]

    @staticmethod
    def of(pieces: list[Piece], words: int, *, longest: int) -> Listed:
        """The pieces put together; the list is emptied, so that memory holds them once."""
        from textkit.lm.kernels.count_text import lay_out

        size = sum(len(piece.lengths) for piece in pieces)
        if (size + 1) * longest >= LARGEST:
            raise InputError(
                f"{size:,} n-grams of up to {longest} words are more than can be sorted at once; "
                "leave out the rare ones"
            )
        if sum(float(piece.counts.sum(dtype=np.float64)) for piece in pieces) >= _MOST:
            raise InputError("the counts add up to 2**62 and more; divide them all by some number")
        most = max(int(piece.counts.max(initial=0)) for piece in pieces)
        text = np.full((size + 1) * longest, -1, np.int32)
        weights: npt.NDArray[Any] = np.empty(size, np.int32 if most < 2**31 else np.int64)
        alone = np.zeros(words, np.int64)
        origins: list[_Origin] = []
        begin = 0
        pieces.reverse()
        while pieces:
            path, first_line, codes, lengths, counts, lines = pieces.pop()
            lay_out(codes, lengths, counts, longest, begin, text, weights, alone)
            origins.append(_Origin(begin, path, first_line, lines))
            begin += len(lengths)
        return Listed(Windows(text, size, longest, weights), longest, alone, origins)

    def rename(self, names: Words) -> None:
        """Give each word another id; the last of `names` is for -1, where there is no word."""
        text = self.windows.text
        for begin in range(0, len(text), _CHUNK):
            text[begin : begin + _CHUNK] = names[text[begin : begin + _CHUNK]]

    def where(self, ngram: Ints) -> str:
        """FILE:LINE of an n-gram, or of one that begins with it."""
        rows = self.windows.text.reshape(-1, self.order)
        found = np.flatnonzero((rows[:, : len(ngram)] == ngram).all(axis=1))
        itself = [] if len(ngram) == self.order else found[rows[found, len(ngram)] == -1]
        window = int(itself[0] if len(itself) else found[0])
        origin = [origin for origin in self.origins if origin.window <= window][-1]
        line = origin.lines[window - origin.window] if len(origin.lines) else window - origin.window
        return f"{origin.path}:{origin.first_line + int(line)}"
