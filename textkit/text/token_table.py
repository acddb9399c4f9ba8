"""Distinct tokens, numbered and counted by compiled code."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.errors import TextkitError
from textkit.text.lines import LARGEST
from textkit.text.token_batch import TokenBatch

_FIRST_SLOTS = 1 << 12  # a power of two; half of them can be taken
_MOST = 1 << 30  # tokens: codes are kept in four bytes
_WORD = 8
_RECENT = 1 << 13  # a power of two: tokens kept near the processor, 32 bytes each
_BLOCK = 128  # tokens looked up together
_LARGE = 1 << 24  # bytes; a table that may not take as much does without them
_NONE = np.empty(0, np.int64)
_NO_CODES = np.empty(0, np.int32)


class CountedTokens(NamedTuple):
    """Distinct tokens in the order first seen, and how often each was: small to send to another process."""

    tokens: TokenBatch
    counts: npt.NDArray[np.int64]


class TokenTable:
    """A growing table: each distinct token has a code, 0, 1, 2, ... in the order first seen.

    A token takes 32 to 64 bytes and its own, up to twice. With `limit` (bytes) `count` stops before
    the table, and what is copied while it grows, would take more.

    >>> table = TokenTable()
    >>> table.add(TokenBatch.of([["b", "a"], ["b"]])).tolist()
    [0, 1, 0]
    >>> table.tokens(), table.counts.tolist(), table.find(TokenBatch.of([["a", "c"]])).tolist()
    (['b', 'a'], [2, 1], [1, -1])
    """

    def __init__(self, *, limit: int | None = None) -> None:
        self._limit = limit
        self._size = 0
        self._slots = np.full(_FIRST_SLOTS, -1, np.int64)
        self._places = np.zeros(_FIRST_SLOTS // 2 + 1, np.int64)
        self._counts = np.empty(_FIRST_SLOTS // 2, np.int64)
        self._arena = np.empty(8 * _FIRST_SLOTS, np.uint8)
        self._recent = np.zeros(4 * _RECENT if limit is None or limit >= _LARGE else 0, np.uint64)

    def __len__(self) -> int:
        return self._size

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How often each token was added, (V,)."""
        return self._counts[: self._size]

    @property
    def memory(self) -> int:
        """The bytes that the table takes."""
        return self._bytes(self._slots.size, self._arena.size)

    def add(self, batch: TokenBatch, *, counts: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.int32]:
        """Count the tokens of a batch, each once or `counts` (T,) times, and return their codes (T,).

        Raises TextkitError at 2**30 distinct tokens.
        """
        codes = np.empty(len(batch.starts), np.int32)
        if self.count(batch, counts=counts, codes=codes) < len(codes):
            raise TextkitError(f"a table holds {_MOST:,} distinct tokens at most; give a memory bound")
        return codes

    def count(
        self,
        batch: TokenBatch,
        *,
        begin: int = 0,
        counts: npt.NDArray[np.int64] | None = None,
        codes: npt.NDArray[np.int32] | None = None,
    ) -> int:
        """Count the tokens of a batch from `begin` on while there is room; returns the first not counted.

        `codes` (T,) receives their codes. An empty table always has room for one token.
        """
        from textkit.text.kernels.table import add_tokens

        weights = _read_only(_NONE if counts is None else counts)
        codes = _NO_CODES if codes is None else codes
        spans, room = _spans(batch), _room()
        while True:
            begin, self._size = add_tokens(
                self._slots, self._arena, self._places, self._counts, self._size, self._recent,
                *room, *spans, weights, begin, codes,
            )  # fmt: skip
            if begin == len(batch.starts) or not self._grow(int(batch.ends[begin] - batch.starts[begin])):
                return begin

    def find(
        self, batch: TokenBatch, *, numbers: npt.NDArray[np.int32] | None = None
    ) -> npt.NDArray[np.int32]:
        """The code of each token of a batch, (T,); -1 for one that was never added.

        Or, with `numbers` (V+1,), `numbers[code]`, and the last of them for one that was never added.
        """
        from textkit.text.kernels.table import find_tokens

        found = np.empty(len(batch.starts), np.int32)
        numbers = _read_only(_NO_CODES if numbers is None else numbers)
        recent = np.zeros(4 * _RECENT if len(found) >= _RECENT else 0, np.uint64)
        find_tokens(
            self._slots, self._arena, self._places, numbers, recent, *_room(), *_spans(batch), found
        )  # fmt: skip
        return found

    def merge(self, other: TokenTable | CountedTokens) -> npt.NDArray[np.int32]:
        """Add the tokens and counts of another table; returns their codes here."""
        if isinstance(other, TokenTable):
            other = CountedTokens(other.batch(), other.counts)
        return self.add(other.tokens, counts=other.counts)

    def clear(self) -> None:
        """Forget all tokens; the memory is kept."""
        self._size = 0
        self._slots.fill(-1)
        self._recent.fill(0)

    def batch(self, codes: npt.NDArray[np.integer[Any]] | None = None) -> TokenBatch:
        """The distinct tokens, or those of `codes`, as a batch of one line.

        All of them, in the order of their codes, are a view of the table. Raises TextkitError when
        they take more than 2 GiB.
        """
        from textkit.text.kernels.arena import gather_tokens

        if codes is None:
            places, arena = self._places[: self._size + 1], self._arena
            _check_size(int(places[-1]))
        else:
            places = np.zeros(len(codes) + 1, np.int64)
            np.cumsum(self._places[codes + 1] - self._places[codes], out=places[1:])
            _check_size(int(places[-1]))
            arena = np.empty(places[-1], np.uint8)
            gather_tokens(self._arena, self._places, codes.astype(np.int32), arena)
        spans = places.astype(np.int32)
        offsets = np.array([0, len(spans) - 1], np.int64)
        return TokenBatch(arena[: places[-1]], spans[:-1], spans[1:], offsets)

    def counted(self) -> CountedTokens:
        """A copy of the tokens and their counts, to be merged elsewhere."""
        tokens = self.batch()
        tokens = TokenBatch(tokens.buffer.copy(), tokens.starts, tokens.ends, tokens.offsets)
        return CountedTokens(tokens, self.counts.copy())

    def parted(self, count: int, *, level: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """All codes (V,) by part, and where each of `count` parts (a power of two) begins (count+1,).

        The part is taken from the bits of the hash, others at each `level`; codes of a part ascend.
        """
        from textkit.text.kernels.arena import part_tokens

        order, bounds = np.empty(self._size, np.int32), np.zeros(count + 1, np.int64)
        shift = level * (count.bit_length() - 1)
        parts, free = np.empty(self._size, np.uint8), np.empty_like(bounds)
        part_tokens(self._arena, self._places, self._size, shift, parts, free, order, bounds)
        return order, bounds

    def tokens(self) -> list[str]:
        """The distinct tokens, in the order of their codes."""
        return self.batch().strings()

    def _grow(self, more: int) -> bool:
        """Double what is full, so that a token of `more` bytes fits; False where that is too large."""
        needed = int(self._places[self._size]) + more
        old_slots, old_arena = self._slots.size, self._arena.size
        slots = 2 * old_slots if 2 * (self._size + 1) > old_slots else old_slots
        arena = 2 * old_arena + more if needed > old_arena else old_arena
        if slots > 2 * _MOST:
            return False
        if self._limit is not None and self._size:
            copied = max(0 if slots == old_slots else 4 * old_slots, 0 if arena == old_arena else old_arena)
            over = self._bytes(slots, arena) + copied - self._limit
            if over > 0 and arena > old_arena:
                arena -= over
            if arena < needed or arena > LARGEST or (over > 0 and arena <= old_arena + old_arena // 4):
                return False
        self._resize(slots, arena)
        return True

    def _bytes(self, slots: int, arena: int) -> int:
        """What a table takes: slots, a place and a count for every second one, the arena, recent tokens."""
        return 16 * slots + 8 + arena + self._recent.nbytes

    def _resize(self, slots: int, arena: int) -> None:
        from textkit.text.kernels.table import fill_slots

        self._arena = _extended(self._arena, arena)
        if slots > self._slots.size:
            self._slots = _NONE  # they are filled anew: the old ones go first
            self._places = _extended(self._places, slots // 2 + 1)
            self._counts = _extended(self._counts, slots // 2)
            self._slots = np.full(slots, -1, np.int64)
            fill_slots(self._slots, self._arena, self._places, self._size)


def _room() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """What the loops need for a block of tokens."""
    return np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.uint64)


def _extended(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    if size == array.size:
        return array
    longer = np.empty(size, array.dtype)
    longer[: array.size] = array
    return longer


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view: what can be written to would be compiled for a second time."""
    view = array.view()
    view.flags.writeable = False
    return view


def _spans(
    batch: TokenBatch,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Buffer, starts and ends; the loops load eight bytes at once, so that a buffer has as many."""
    short = _WORD - batch.buffer.size
    buffer = np.pad(batch.buffer, (0, short)) if short > 0 else batch.buffer
    return _read_only(buffer), _read_only(batch.starts), _read_only(batch.ends)


def _check_size(size: int) -> None:
    if size > LARGEST:
        raise TextkitError(
            f"the distinct tokens take {size:,} bytes, more than a batch holds; give a memory bound"
        )
