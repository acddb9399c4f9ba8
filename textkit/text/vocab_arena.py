"""The tokens and counts of a vocabulary as they lie in its file: strings are made when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.text.lines import LARGEST
from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable
from textkit.text.vocab_file import DIGEST, HEADER, Heading, escape, read_heading, unescape
from textkit.text.vocab_table import VocabTable

_TAB, _END, _BACKSLASH, _ZERO = b"\t\n\\0"
_PIECE = 1 << 17  # bytes read together: what is worked out for them stays in the cache
_DIGITS = 18  # the longest count; it fits 64 bits
_POWERS = 10 ** np.arange(_DIGITS)
_WORD = 8
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class VocabArena:
    """V tokens, all different, and their counts (V,) int64.

    `body` are the lines that they were read from, `batch` the places of the tokens in them, and `escaped`
    the tokens of a few ids that are written otherwise there. `digest` is that of all tokens.
    """

    body: bytes
    batch: TokenBatch
    escaped: dict[int, str]
    counts: Places
    digest: str

    @staticmethod
    def of(body: bytes) -> VocabArena | None:
        r"""The lines `token<TAB>count` of a file; None for any that need another look to say what is wrong.

        >>> arena = VocabArena.of(b"a\t3\n\\n\t10\n")
        >>> arena.tokens(), arena.counts.tolist(), arena.token(1)
        (('a', '\n'), [3, 10], '\n')
        >>> VocabArena.of(b"a\t3\na\t3\n") is None
        True
        """
        if not _is_text(body):
            return None
        buffer = np.frombuffer(body + bytes(_WORD), np.uint8)  # for eight bytes at once up to the last
        pieces = [_read(buffer, begin, end) for begin, end in _bounds(body)]
        sound = [piece for piece in pieces if piece is not None]
        if not sound or len(sound) < len(pieces):
            return None
        starts, ends, counts, keys = map(np.concatenate, zip(*(piece[:4] for piece in sound), strict=True))
        escaped = _escaped(body, starts, ends)
        if escaped is None or not _all_single(keys):
            return None
        digest = hashlib.sha256(b"".join(piece.text for piece in sound)[:-1]).hexdigest()[:DIGEST]
        return VocabArena(body, _plain(body, starts, ends, escaped), escaped, counts, digest)

    def __len__(self) -> int:
        return len(self.counts)

    def token(self, row: int) -> str:
        """One token."""
        start, end = self.batch.starts[row], self.batch.ends[row]
        return self.batch.buffer[start:end].tobytes().decode()

    def tokens(self) -> tuple[str, ...]:
        """All tokens."""
        fields = self.body.decode().replace("\n", "\t").split("\t")[:-1:2]
        for row, token in self.escaped.items():
            fields[row] = token
        return tuple(fields)

    def table(self, *, specials: int, unknown: int) -> VocabTable:
        """What text can name, all but the first `specials` tokens and the unknown word, and its ids.

        The last id, `unknown`, is that of all other tokens; -1 where there is no unknown word.
        """
        named = [unknown] if 0 <= unknown < specials else []
        ids = np.array([*named, *range(specials, len(self)), unknown], np.int32)
        table, rows = TokenTable(), ids[:-1]
        starts, ends = self.batch.starts[rows], self.batch.ends[rows]
        table.add(TokenBatch(self.batch.buffer, starts, ends, np.array([0, len(rows)], np.int64)))
        return table, ids


def open_arena(data: bytes, *, source: Path | str) -> tuple[Heading, VocabArena] | None:
    """The vocabulary in a sound file that `Vocab.save` wrote; None for any other file.

    Raises CheckpointError, naming `source`, for a first line that is damaged or of another version.
    """
    line, _, body = data.partition(b"\n")
    if not line.startswith(HEADER.encode()) or not _is_text(data):
        return None
    heading, arena = read_heading(line.decode(), source=source), VocabArena.of(body)
    if (
        arena is None
        or arena.digest != heading.digest
        or not heading.fits(body)
        or not 0 <= heading.specials <= len(arena)
    ):
        return None
    specials = tuple(map(arena.token, range(heading.specials)))
    return (heading, arena) if heading.unknown is None or heading.unknown in specials else None


class _Piece(NamedTuple):
    """Some lines: where their tokens are, the counts, the tokens' hashes, and the lines without counts."""

    starts: Places
    ends: Places
    counts: Places
    keys: Keys
    text: bytes


def _is_text(body: bytes) -> bool:
    """Whether these can be lines of UTF-8 as they are written: a carriage return would be escaped."""
    try:
        plain = body.isascii() or bool(body.decode())
    except UnicodeDecodeError:
        return False
    return plain and body.endswith(b"\n") and b"\r" not in body and len(body) <= LARGEST // 2


def _bounds(body: bytes) -> Iterator[tuple[int, int]]:
    """Pieces of whole lines."""
    begin = 0
    while begin < len(body):
        last = body.rfind(b"\n", begin, begin + _PIECE)
        end = (last if last >= 0 else body.index(b"\n", begin)) + 1
        yield begin, end
        begin = end


def _read(buffer: Bytes, begin: int, end: int) -> _Piece | None:
    """The lines between two places; None unless each is a token, a tab and one to _DIGITS figures."""
    piece = buffer[begin:end]
    marks = np.flatnonzero((piece == _TAB) | (piece == _END))
    tabs, stops = marks[::2], marks[1::2]
    if len(tabs) != len(stops) or (piece[tabs] != _TAB).any() or (piece[stops] != _END).any():
        return None
    sizes = stops - tabs - 1
    if sizes.min() < 1 or sizes.max() > _DIGITS:
        return None
    firsts = np.cumsum(sizes) - sizes
    figures = np.arange(sizes.sum()) + np.repeat(tabs + 1 - firsts, sizes)
    digits = piece[figures] - np.uint8(_ZERO)  # what is below 0 becomes large
    if digits.max() > 9:
        return None
    powers = _POWERS[np.repeat(stops - 1, sizes) - figures]
    kept = np.ones(piece.size, np.bool_)
    kept[figures] = kept[tabs] = False
    starts = np.concatenate(([0], stops[:-1] + 1)) + begin
    keys = _hash(buffer, starts, tabs + begin)
    return _Piece(starts, tabs + begin, np.add.reduceat(digits * powers, firsts), keys, piece[kept].tobytes())


def _hash(buffer: Bytes, starts: Places, ends: Places) -> Keys:
    """A number for each token, equal for equal ones: each eight bytes mixed in by a multiplication."""
    words = np.ndarray((buffer.size - _WORD + 1,), "<u8", buffer=buffer.data, strides=(1,))
    left = ends - starts
    keys = left.astype(np.uint64) * _ODD
    rows, places = np.flatnonzero(left), starts
    while rows.size:
        unused = np.maximum(_WORD - left[rows], 0).astype(np.uint64) * np.uint64(8)
        mixed = (keys[rows] ^ words[places[rows]] << unused) * _ODD
        keys[rows] = mixed ^ mixed >> np.uint64(32)
        places, left = places + _WORD, left - _WORD
        rows = rows[left[rows] > 0]
    return keys


def _all_single(keys: Keys) -> bool:
    """Whether no key stands twice: each takes a place by its highest bits, so that few must be sorted."""
    rows = np.arange(len(keys), dtype=np.int32)
    bits = (4 * len(keys)).bit_length()
    places = (keys >> np.uint64(64 - bits)).astype(np.int64)
    holders = np.empty(1 << bits, np.int32)
    holders[places] = rows  # the last one stays
    losers = np.flatnonzero(holders[places] != rows)
    lost = np.sort(keys[losers])
    return not ((keys[holders[places[losers]]] == keys[losers]).any() or (lost[1:] == lost[:-1]).any())


def _escaped(body: bytes, starts: Places, ends: Places) -> dict[int, str] | None:
    """The tokens that are written otherwise than they are; None where one is not written as it should be."""
    if b"\\" not in body:
        return {}
    places = np.flatnonzero(np.frombuffer(body, np.uint8) == _BACKSLASH)
    rows = np.unique(np.searchsorted(ends, places)).tolist()
    written = {row: body[starts[row] : ends[row]].decode() for row in rows}
    escaped = {row: unescape(token) for row, token in written.items()}
    return escaped if all(escape(escaped[row]) == written[row] for row in rows) else None


def _plain(body: bytes, starts: Places, ends: Places, escaped: dict[int, str]) -> TokenBatch:
    """The tokens as they are meant: those with escapes stand after the body."""
    begins, stops, more = starts.astype(np.int32), ends.astype(np.int32), bytearray()
    for row, token in escaped.items():
        begins[row] = len(body) + len(more)
        more += token.encode()
        stops[row] = len(body) + len(more)
    buffer = np.frombuffer(body + more, np.uint8)
    return TokenBatch(buffer, begins, stops, np.array([0, len(begins)], np.int64))
