"""What n-grams are made of: words, numbered by a table as they come, or characters, which are numbers."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.data.bag_of_words.documents import Part
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable

Integers = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_WORD = 8  # bytes compared at once


class Symbols(NamedTuple):
    """The symbols of L lines, -1 after each line, and more of those at the end; line l begins at bounds[l].

    `stream` is int32, or uint64 of hashes, where 0 stands for -1; `bounds` (L+1,).
    """

    stream: npt.NDArray[Any]
    bounds: Longs


class Words:
    """Tokens that are not blank, by their codes in a table.

    >>> from textkit.data.bag_of_words.documents import Documents
    >>> words = Words()
    >>> part, = Documents(None, words=True, characters=False).parts([["to", " ", "be"], ["be"]])
    >>> words.symbols(part, more=1, adding=True).stream.tolist()
    [0, 2, -1, 2, -1, -1]
    """

    separator = " "

    def __init__(self, table: TokenTable | None = None) -> None:
        self._table = table or TokenTable()

    def __getstate__(self) -> dict[str, npt.NDArray[Any]]:
        return self.arrays()

    def __setstate__(self, state: dict[str, npt.NDArray[Any]]) -> None:
        self._table = Words.from_arrays(state)._table

    @property
    def size(self) -> int:
        """All symbols are below it."""
        return len(self._table)

    def symbols(self, part: Part, *, more: int, adding: bool) -> Symbols:
        """The symbols of a part; words that the table lacks are added, or else are -1."""
        from textkit.data.kernels.symbols import word_symbols
        from textkit.text.kernels.classes import spaces

        batch = part.tokens
        assert batch is not None
        codes = self._table.add(batch) if adding else self._table.find(batch)
        stream, bounds = _room(len(codes), len(batch), more, np.int32)
        offsets = batch.offsets
        word_symbols(codes, *_spans(batch), _read_only(offsets), spaces(), stream, bounds)
        return _ended(stream, bounds, more, -1)

    def ranks(self) -> Longs:
        """The place of each word among all, by code points, (V,)."""
        order = _sorted(self._table.batch())
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        return ranks

    def only(self, codes: Longs) -> Words:
        """An alphabet of these words alone, in their order."""
        table = TokenTable()
        table.add(self._table.batch(codes))
        return Words(table)

    def texts(self) -> list[str]:
        """The words by code."""
        return self._table.tokens()

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The words' bytes, one after the other, and where each begins."""
        batch = self._table.batch()
        places = np.append(batch.starts, batch.ends[-1:]).astype(np.int64)
        return {"bytes": batch.buffer.copy(), "places": places}

    @staticmethod
    def from_arrays(arrays: dict[str, npt.NDArray[Any]]) -> Words:
        """The alphabet that `arrays` came from."""
        table, places = TokenTable(), arrays["places"].astype(np.int32)
        if len(places) and (
            places[0] < 0 or places[-1] > len(arrays["bytes"]) or (np.diff(places) < 0).any()
        ):
            raise ValueError("the words are damaged")
        offsets = np.array([0, max(len(places) - 1, 0)], np.int64)
        table.add(TokenBatch(arrays["bytes"].astype(np.uint8), places[:-1], places[1:], offsets))
        return Words(table)


class Characters:
    """Characters by their code points; of several white spaces together one blank remains."""

    separator = ""

    def __init__(self, size: int = 0) -> None:
        self.size = size

    def symbols(self, part: Part, *, more: int, adding: bool) -> Symbols:
        """The symbols of a part."""
        from textkit.data.kernels.symbols import character_symbols
        from textkit.text.kernels.classes import spaces

        lines = part.lines
        assert lines is not None
        count = int((lines.ends - lines.starts).sum(dtype=np.int64))
        stream, bounds = _room(count, len(lines), more, np.int32)
        starts, ends = _read_only(lines.starts), _read_only(lines.ends)
        character_symbols(lines.buffer, starts, ends, spaces(), stream, bounds)
        found = _ended(stream, bounds, more, -1)
        if adding:
            self.size = max(self.size, int(found.stream.max(initial=-1)) + 1)
        return found

    def ranks(self) -> Longs:
        """Code points are their own ranks."""
        return np.arange(self.size)

    def only(self, codes: Longs) -> Characters:
        """The same, whatever the code points."""
        return Characters(int(codes[-1]) + 1 if len(codes) else 0)

    def texts(self) -> list[str]:
        """The characters by code point."""
        return [chr(code) for code in range(self.size)]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The number of code points."""
        return {"size": np.array([self.size], np.int64)}

    @staticmethod
    def from_arrays(arrays: dict[str, npt.NDArray[Any]]) -> Characters:
        """The alphabet that `arrays` came from. Raises ValueError for one that Unicode has not."""
        size = int(arrays["size"][0])
        if not 0 <= size <= sys.maxunicode + 1:
            raise ValueError("the characters are damaged")
        return Characters(size)


Alphabet = Words | Characters


def hashed_words(part: Part, *, more: int) -> Symbols:
    """The words of a part by hash: nothing need be remembered."""
    from textkit.data.kernels.symbols import word_hashes
    from textkit.text.kernels.classes import spaces

    batch = part.tokens
    assert batch is not None
    stream, bounds = _room(len(batch.starts), len(batch), more, np.uint64)
    word_hashes(*_spans(batch), _read_only(batch.offsets), spaces(), stream, bounds)
    return _ended(stream, bounds, more, 0)


def hashed_characters(part: Part, *, more: int) -> Symbols:
    """The characters of a part, as hashes."""
    stream, bounds = Characters().symbols(part, more=more, adding=False)
    return Symbols((stream + 1).astype(np.uint64), bounds)


def _room(symbols: int, lines: int, more: int, dtype: Any) -> tuple[npt.NDArray[Any], Longs]:
    return np.empty(symbols + lines + more, dtype), np.empty(lines + 1, np.int64)


def _ended(stream: npt.NDArray[Any], bounds: Longs, more: int, end: int) -> Symbols:
    size = int(bounds[-1])
    stream[size : size + more] = end
    return Symbols(stream[: size + more], bounds)


def _spans(batch: TokenBatch) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    buffer = batch.buffer
    if buffer.size < _WORD:  # the loops load eight bytes at once
        buffer = np.pad(buffer, (0, _WORD - buffer.size))
    return _read_only(buffer), _read_only(batch.starts), _read_only(batch.ends)


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view: what can be written to would be compiled for a second time."""
    view = array.view()
    view.flags.writeable = False
    return view


def _sorted(batch: TokenBatch) -> Longs:
    """The tokens of a batch by their bytes, which is by code points: eight at once, then the few that tie."""
    buffer = np.concatenate((batch.buffer, np.zeros(_WORD, np.uint8)))
    words = np.ndarray((buffer.size - _WORD + 1,), ">u8", buffer=buffer.data, strides=(1,))
    unused = np.uint64(8) * np.maximum(_WORD - (batch.ends - batch.starts), 0).astype(np.uint64)
    half = unused >> np.uint64(1)  # a shift by 64 is undefined
    keys = words[batch.starts].astype(np.uint64) >> half >> (unused - half) << half << (unused - half)
    order = np.argsort(keys, kind="stable")
    tied = np.zeros(len(order) + 1, np.bool_)
    tied[1:-1] = keys[order[1:]] == keys[order[:-1]]
    places = np.flatnonzero(tied[1:] | tied[:-1])
    codes = order[places]
    data, spans = buffer.tobytes(), zip(batch.starts[codes].tolist(), batch.ends[codes].tolist(), strict=True)
    settled = sorted(zip((data[start:end] for start, end in spans), codes.tolist(), strict=True))
    order[places] = [code for _, code in settled]
    return order
