"""n-grams written as lines of text: what ARPA files and count files have in common."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit import atomic
from textkit.engine import map_blocks
from textkit.errors import UsageError
from textkit.lm.stream import Ints
from textkit.lm.threads import engine_of
from textkit.lm.trie import BEGIN, NgramTrie, Words, read_only
from textkit.text.vocab import Vocab

PIECE = 1 << 16  # n-grams formatted at once
_BUFFER = 1 << 22  # bytes of lines made at once
_BREAKS = re.compile("[\0\t\n\r \ud800-\udfff]")  # what ends a word for KenLM, and what UTF-8 cannot hold
_NOT_WRITTEN = (".bz2", ".xz", ".zst")
_LEVEL = 2  # of zlib: a quarter of the time of its usual 6, for a tenth more bytes


class Rows(NamedTuple):
    """The rows `begin` to `end` - 1 of one order, and what stands before their lines."""

    order: int
    begin: int
    end: int
    head: str = ""


@dataclass(frozen=True, eq=False)
class WordBytes:
    """The words of a vocabulary, and `<s>`: word w is arena[places[w]:places[w+1]], `longest` bytes at most.

    Eight bytes follow the last one, since compiled code copies eight at once.
    """

    arena: npt.NDArray[np.uint8]
    places: Ints
    longest: int

    @staticmethod
    def of(vocab: Vocab) -> WordBytes:
        """The words as UTF-8.

        >>> WordBytes.of(Vocab(("<unk>", "a", "猫"), (0, 1, 1), specials=1)).places.tolist()
        [0, 5, 6, 9, 12]
        """
        words = [token.encode("utf-8") for token in (*vocab.tokens, BEGIN)]
        sizes = np.fromiter(map(len, words), np.int64, len(words))
        places = np.concatenate([[0], np.cumsum(sizes)])
        return WordBytes(np.frombuffer(b"".join([*words, bytes(8)]), np.uint8), places, int(sizes.max()))

    def room(self, order: int) -> int:
        """The bytes that the words of an n-gram take at most, each with a blank."""
        return order * (self.longest + 1)


def check_words(vocab: Vocab, path: Path | str, *, kind: str = "an ARPA file") -> None:
    """Raise UsageError for a word that cannot stand in a `kind`; `path` is the file that is wanted."""
    for i, token in enumerate(vocab.tokens):
        if not token or token == BEGIN or _BREAKS.search(token):
            raise UsageError(
                f"{path}: the word {token!r} (id {i}) cannot stand in {kind}, which parts words at blanks "
                f"and keeps {BEGIN} to itself; clean the text of it, or write blanks as another sign, and "
                "start again"
            )


def check_packing(path: Path) -> None:
    """Raise UsageError for a name that says the file is packed in a way that it is not."""
    if path.suffix.lower() in _NOT_WRITTEN:
        raise UsageError(
            f"{path}: n-grams as text are packed as .gz only; name it {path.with_suffix('.gz').name}"
        )


def ngram_ids(trie: NgramTrie, order: int, rows: Ints) -> Words:
    """The word ids of n-grams in ascending rows, (N, order)."""
    from textkit.lm.kernels.arpa_text import climb

    ids = np.empty((len(rows), order), np.int32)
    prefixes = rows.copy()
    for k in range(order, 1, -1):
        climb(read_only(trie.first[k - 2]), read_only(trie.words[k - 1]), prefixes, ids, k - 1)
    ids[:, 0] = prefixes
    return ids


def blocks(
    put: Callable[[int, npt.NDArray[np.uint8]], tuple[int, int]], entries: int, *, room: int
) -> Iterator[bytes]:
    """The lines of `entries` n-grams, in blocks.

    `put(begin, out)` writes lines from entry `begin` on while `out` has `room` bytes for one more, and
    returns the entry it stopped at and the bytes written.
    """
    done = 0
    while done < entries:
        out = np.empty(_BUFFER + room, np.uint8)
        done, size = put(done, out)
        yield out[:size].tobytes()


def write_lines(
    path: Path,
    pieces: Iterable[Rows],
    lines: Callable[[Rows], Iterator[bytes]],
    *,
    jobs: int | None,
    watch: Callable[[int], object] = lambda _done: None,
) -> None:
    """Write what `lines` makes of each piece, gzipped when the name ends in .gz; whole or not at all.

    By `jobs` threads; the file does not depend on how many. `watch` is told how many pieces are written.
    Raises UsageError for the suffix of another packing, TextkitError when the file cannot be written.
    """
    check_packing(path)
    pack = _zipped if path.suffix.lower() == ".gz" else list
    with atomic.writing(path) as temporary, temporary.open("wb") as file, engine_of(jobs) as engine:
        made = map_blocks(partial(_packed, lines, pack), pieces, engine=engine)
        for done, parts in enumerate(made, 1):
            file.writelines(parts)
            watch(done)


def _packed(
    lines: Callable[[Rows], Iterator[bytes]], pack: Callable[[Iterator[bytes]], list[bytes]], piece: Rows
) -> list[bytes]:
    return pack(lines(piece))


def _zipped(parts: Iterator[bytes]) -> list[bytes]:
    """A gzip member by itself; zlib puts neither name nor time in: the same lines give the same bytes."""
    packer = zlib.compressobj(_LEVEL, wbits=31)
    return [*(packer.compress(part) for part in parts), packer.flush()]
