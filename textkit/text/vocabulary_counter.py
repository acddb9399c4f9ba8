"""Counting the distinct tokens of a stream in bounded memory."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from textkit import atomic
from textkit.errors import TextkitError, reason_of
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import CountedTokens, TokenTable
from textkit.text.vocab import UNKNOWN, Vocab

_PARTS = 64  # a power of two; how many files a table is spilled to
_LEVELS = 64 // 6
_Key = tuple[int, int, str]  # minus the count, where first seen, the token

Longs = npt.NDArray[np.int64]


class VocabularyCounter:
    """Counts tokens; the counts, and their order, are those of one Counter over the whole stream.

    With `memory` (bytes) the table of distinct tokens, with what is copied while it grows and what is
    needed to write it, stays below that (a single token longer than all that apart). A table that is
    full is spilled to a private folder, made in `folder` (None: the system's place for temporary
    files), and begun anew: each token goes to one of 64 files by its hash, after its count and place.
    In the end each file is counted by itself, in half of `memory`; one too large for that is spilled
    again by other bits of the hash. Only what `counts` and `vocab` keep need fit in memory: the tokens
    of at least `min_count`, or the `max_size` most frequent. The folder goes when the block is left.

    >>> with VocabularyCounter(memory=1 << 20) as counter:
    ...     counter.add(TokenBatch.of([["b", "a"], ["c", "a", "b"]]))
    ...     list(counter.counts(min_count=2)), counter.vocab(max_size=2).tokens
    ([('b', 2), ('a', 2)], ('<unk>', 'b'))
    """

    def __init__(self, *, memory: int | None = None, folder: Path | str | None = None) -> None:
        self._memory = memory
        self._table = self._new_table()
        self._folder = folder
        self._spilled: _Parts | None = None
        self._seen = 0  # distinct tokens of the tables that were spilled: orders them by first appearance
        self._total = 0

    def __enter__(self) -> VocabularyCounter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._spilled is not None:
            self._spilled.remove()
            self._spilled = None

    @property
    def total(self) -> int:
        """How many tokens were counted, each as often as it was seen."""
        return self._total

    def add(self, batch: TokenBatch) -> None:
        """Count the tokens of a batch. Raises TextkitError when the disk is full."""
        self._count(batch, None)
        self._total += len(batch.starts)

    def merge(self, counted: TokenTable | CountedTokens) -> None:
        """Add what was counted elsewhere: in the order of the text, so that the first seen stays first."""
        if isinstance(counted, TokenTable):
            counted = CountedTokens(counted.batch(), counted.counts)
        self._count(counted.tokens, counted.counts)
        self._total += int(counted.counts.sum())

    def counts(self, *, min_count: int = 1, max_size: int | None = None) -> Iterator[tuple[str, int]]:
        """The tokens seen `min_count` times or more, and how often: most frequent first, then first seen.

        `max_size` keeps that many. Raises TextkitError when what was spilled cannot be written or read.
        """
        best: list[_Key] = []  # places differ, so that tokens are never compared
        for table, places in self._tables():
            best += _best(table, places, min_count, max_size)
            if max_size is not None:
                best.sort()  # two sorted runs: quick
                del best[max_size:]
                if best and len(best) == max_size:
                    min_count = max(min_count, -best[-1][0])
        best.sort()
        return ((token, -count) for count, _, token in best)

    def vocab(
        self,
        *,
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = (UNKNOWN,),
        unknown: str | None = UNKNOWN,
    ) -> Vocab:
        """The vocabulary that `Vocab.from_counts` makes of all the counts."""
        # A token that spells a special is left out, so max_size tokens are enough for any specials.
        counts = dict(self.counts(min_count=min_count, max_size=max_size))
        return Vocab.from_counts(
            counts,
            min_count=min_count,
            max_size=max_size,
            specials=specials,
            unknown=unknown,
            total=self._total,
        )

    def _count(self, batch: TokenBatch, counts: Longs | None) -> None:
        if self._memory is None:
            self._table.add(batch, counts=counts)
            return
        done = 0
        while (done := self._table.count(batch, begin=done, counts=counts)) < len(batch.starts):
            self._spill(self._memory)

    def _new_table(self) -> TokenTable:
        # A fifth is left for order and places of the tokens while they are written.
        return TokenTable(limit=None if self._memory is None else self._memory - self._memory // 5)

    def _spill(self, memory: int) -> _Parts:
        if self._spilled is None:
            self._spilled = _Parts.made(self._folder, memory=memory)
        self._spilled.write(self._table, np.arange(self._seen, self._seen + len(self._table)))
        self._seen += len(self._table)
        self._table.clear()
        return self._spilled

    def _tables(self) -> Iterator[tuple[TokenTable, Longs]]:
        """Tables that together hold each token once, and where their tokens were seen first."""
        if self._memory is None or (self._spilled is None and self._table.memory <= self._memory // 2):
            yield self._table, np.arange(len(self._table))
            return
        parts = self._spill(self._memory)
        self._table = self._new_table()  # the memory of the old one is wanted for the parts
        yield from parts.tables()


def _best(table: TokenTable, places: Longs, min_count: int, max_size: int | None) -> Iterator[_Key]:
    """The tokens of a table that may be kept, most frequent first, decoding no others."""
    codes = np.flatnonzero(table.counts >= min_count)
    counts = table.counts[codes]
    order = np.lexsort((places[codes], -counts))[:max_size]
    codes = codes[order]
    tokens = table.batch(codes).lists()[0]
    yield from zip((-counts[order]).tolist(), places[codes].tolist(), tokens, strict=True)


class _Records(NamedTuple):
    """Distinct tokens as they are spilled together: `counts` and `places` are (T,)."""

    tokens: TokenBatch
    counts: Longs
    places: Longs

    def write(self, file: BinaryIO) -> None:
        sizes = (self.tokens.ends - self.tokens.starts).astype(np.int64)
        head = np.array([len(sizes), len(self.tokens.buffer)], np.int64)
        for column in (head, sizes, self.counts, self.places, self.tokens.buffer):
            file.write(column.data)

    @staticmethod
    def read(file: BinaryIO) -> _Records | None:
        head = file.read(16)
        if not head:
            return None
        count, size = np.frombuffer(head, np.int64).tolist()
        sizes, counts, places = (np.frombuffer(file.read(8 * count), np.int64) for _ in range(3))
        ends = np.cumsum(sizes)
        offsets = np.array([0, count], np.int64)
        starts = (ends - sizes).astype(np.int32)
        buffer = np.frombuffer(file.read(size), np.uint8)
        return _Records(TokenBatch(buffer, starts, ends.astype(np.int32), offsets), counts, places)


class _Parts:
    """Spilled tables in a folder, a file for each part; all records of a token are in one file."""

    def __init__(self, folder: Path, *, memory: int, level: int = 0) -> None:
        self._folder = folder
        self._memory = memory
        self._level = level
        self._held = contextlib.ExitStack()

    @staticmethod
    def made(folder: Path | str | None, *, memory: int) -> _Parts:
        """In a new private folder inside `folder`."""
        held = contextlib.ExitStack()
        with _naming(Path(folder or tempfile.gettempdir())):
            parts = _Parts(held.enter_context(atomic.temporary_folder("counts", folder)), memory=memory)
        parts._held = held
        return parts

    def write(self, table: TokenTable, places: Longs) -> None:
        """Add the tokens of a table, each seen first at one of `places` (V,), to the files."""
        order, bounds = table.parted(_PARTS, level=self._level)
        with _naming(self._folder):
            for part in range(_PARTS):
                codes = order[bounds[part] : bounds[part + 1]]
                if len(codes):
                    with (self._folder / f"{part}.records").open("ab") as file:
                        _Records(table.batch(codes), table.counts[codes], places[codes]).write(file)

    def tables(self) -> Iterator[tuple[TokenTable, Longs]]:
        """Tables that hold each token once, and where their tokens were seen first; good until the next."""
        for part in range(_PARTS):
            path = self._folder / f"{part}.records"
            if path.exists():
                yield from self._tables(path)

    def remove(self) -> None:
        self._held.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _tables(self, path: Path) -> Iterator[tuple[TokenTable, Longs]]:
        # Bits of the hash run out after ten levels; what then is still together cannot be parted.
        limit = self._memory // 2 if self._level < _LEVELS else None
        table, places = TokenTable(limit=limit), _Places()
        deeper: _Parts | None = None
        try:
            for records in _read(path):
                done = 0
                while done < len(records.counts):
                    before, begin = len(table), done
                    codes = np.empty(len(records.counts), np.int32)
                    done = table.count(records.tokens, begin=begin, counts=records.counts, codes=codes)
                    # Tables were spilled in the order of the text: the first record has the first place.
                    places.add(records.places[begin:done][codes[begin:done] >= before])
                    if done < len(records.counts):
                        deeper = deeper or self._deeper(path)
                        deeper.write(table, places.taken())
                        table.clear()
            if deeper is None:
                yield table, places.taken()
            else:
                deeper.write(table, places.taken())
                del table
                yield from deeper.tables()
        finally:
            if deeper is not None:
                deeper.remove()

    def _deeper(self, path: Path) -> _Parts:
        folder = path.with_suffix(f".{self._level}")
        with _naming(folder):
            folder.mkdir()
        return _Parts(folder, memory=self._memory, level=self._level + 1)


class _Places:
    """Places collected piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[Longs] = []

    def add(self, places: Longs) -> None:
        self._pieces.append(places)

    def taken(self) -> Longs:
        """All of them, (V,); it begins anew."""
        pieces, self._pieces = self._pieces, []
        return np.concatenate(pieces) if pieces else np.empty(0, np.int64)


def _read(path: Path) -> Iterator[_Records]:
    with _naming(path.parent), path.open("rb") as file:
        while (records := _Records.read(file)) is not None:
            yield records


@contextlib.contextmanager
def _naming(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = reason_of(error)
        raise TextkitError(
            f"{folder}: counts that outgrow the memory bound cannot be kept there: {reason}; "
            "free some space, name another folder (--tmp, TMPDIR), or raise the bound"
        ) from error
