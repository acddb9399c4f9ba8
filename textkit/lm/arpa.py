r"""The ARPA format: an n-gram model as text, which KenLM, SRILM and others read and write.

    \data\
    ngram 1=13778
    ngram 2=97171

    \1-grams:
    -4.9368653	<unk>	0
    ...
    \2-grams:
    -1.2	of the
    ...
    \end\

Each entry is a decimal logarithm, a tab, the words, and for n-grams that can be histories a tab and the
logarithm of the back-off weight. `<s>` and `</s>` begin and end a sentence. By custom -99 stands for the
logarithm of zero.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit import atomic
from textkit.engine import map_blocks
from textkit.errors import UsageError
from textkit.lm.arpa_reader import BEGIN, engine_of, read_arpa
from textkit.lm.ngram import NgramModel
from textkit.lm.stream import Ints
from textkit.lm.trie import Words
from textkit.scratch import release
from textkit.text.vocab import Vocab

__all__ = ["check_words", "read_arpa", "write_arpa"]

_PIECE = 1 << 16  # entries formatted at once
_BREAKS = re.compile(r"[\0\t\n\r ]")  # what ends a word for KenLM; other white space may stand in words
_LOGS = 64  # bytes that two logarithms take at most, tabs and line end with them
_BUFFER = 1 << 22  # bytes of lines made at once
_RELEASE = 64  # pieces after which mapped tables give back the memory of their pages
_LEVEL = 2  # of zlib: a quarter of the time of its usual 6, for a tenth more bytes


def write_arpa(model: NgramModel, path: Path | str, *, jobs: int | None = None) -> None:
    """Write a model as ARPA text, gzipped when the name ends in .gz; whole or not at all.

    Unigrams come in the order of the ids with `<s>` after `<unk>`, longer n-grams sorted by their words'
    ids. Logarithms have the digits that float32 needs to read back as it was; -inf becomes -99. `jobs`
    threads format, as many as there are processors by default, 8 at most; the file does not depend on it.
    Raises UsageError when the format cannot hold the model: words with blanks in them, or a smoothing
    that is not a back-off; TextkitError when the file cannot be written.
    """
    path = Path(path)
    _check(model, path)
    formatter = _Formatter.of(model, zipped=path.suffix == ".gz")
    logs = [table.values for table in (*model.log_prob, *model.log_backoff)]
    tables: tuple[npt.NDArray[Any], ...] = (*model.trie.words, *model.trie.first, *logs)
    with (
        atomic.writing(path) as temporary,
        temporary.open("wb") as file,
        engine_of(jobs) as engine,
    ):
        for number, parts in enumerate(map_blocks(formatter, _pieces(model), engine=engine)):
            file.writelines(parts)
            if number % _RELEASE == 0:
                release(*tables)


def _check(model: NgramModel, path: Path) -> None:
    if model.order > 1 and not (model.miss.shorter and model.miss.unseen == 0.0):
        raise UsageError(
            f"{path}: {model.smoothing} cannot be written as ARPA: the format gives an unseen n-gram its "
            "history's back-off weight times the shorter one's probability; choose another smoothing"
        )
    check_words(model.vocab, path)


def check_words(vocab: Vocab, path: Path | str) -> None:
    """Raise UsageError for a word that cannot stand in an ARPA file; `path` is the file that is wanted."""
    for i, token in enumerate(vocab.tokens):
        if not token or token == BEGIN or _BREAKS.search(token):
            raise UsageError(
                f"{path}: the word {token!r} (id {i}) cannot stand in an ARPA file, which parts words at "
                f"blanks and keeps {BEGIN} to itself; clean the text of it and train again"
            )


@dataclass(frozen=True)
class _Piece:
    """`head`, and the entries of the rows `begin` to `end` - 1 of one order."""

    order: int
    begin: int
    end: int
    head: str = ""


def _pieces(model: NgramModel) -> Iterator[_Piece]:
    """The whole file, in pieces that can be formatted each by itself."""
    sizes = [model.trie.size(k) for k in range(1, model.order + 1)]
    head = "\\data\\\n" + "".join(f"ngram {k}={size}\n" for k, size in enumerate(sizes, 1))
    for k, size in enumerate(sizes, 1):
        head += f"\n\\{k}-grams:\n"
        for begin in range(0, max(size, 1), _PIECE):
            yield _Piece(k, begin, min(begin + _PIECE, size), head)
            head = ""
    yield _Piece(1, 0, 0, "\n\\end\\\n")


@dataclass(frozen=True, eq=False)
class _Formatter:
    """Makes the bytes of a piece. Word w is arena[places[w]:places[w+1]]; `longest` bytes at most."""

    model: NgramModel
    arena: npt.NDArray[np.uint8]
    places: Ints
    longest: int
    zipped: bool

    @staticmethod
    def of(model: NgramModel, *, zipped: bool) -> _Formatter:
        words = [token.encode("utf-8") for token in (*model.vocab.tokens, BEGIN)]
        sizes = np.fromiter(map(len, words), np.int64, len(words))
        places = np.concatenate([[0], np.cumsum(sizes)])
        # Eight bytes are copied at once, so that as many must follow the last word.
        arena = np.frombuffer(b"".join([*words, bytes(8)]), np.uint8)
        return _Formatter(model, arena, places, int(sizes.max()), zipped)

    def __call__(self, piece: _Piece) -> list[bytes]:
        parts = [piece.head.encode(), *self._lines(piece)]
        if not self.zipped:
            return parts
        # A gzip member by itself; zlib puts neither name nor time in: the same model gives the same bytes.
        packer = zlib.compressobj(_LEVEL, wbits=31)
        return [*(packer.compress(part) for part in parts), packer.flush()]

    def _lines(self, piece: _Piece) -> Iterator[bytes]:
        from textkit.lm.kernels.arpa_text import format_entries

        ids, rows = self._ngrams(piece)
        log_prob = self.model.log_prob[piece.order - 1].at(rows)
        log_backoff = np.empty(0, np.float32)
        if piece.order < self.model.order:
            log_backoff = self.model.log_backoff[piece.order - 1].at(rows)
        room = _LOGS + piece.order * (self.longest + 1)
        done = 0
        while done < len(rows):
            out = np.empty(_BUFFER + room, np.uint8)
            done, size = format_entries(ids, done, log_prob, log_backoff, self.arena, self.places, room, out)
            yield out[:size].tobytes()

    def _ngrams(self, piece: _Piece) -> tuple[Words, Ints]:
        """The word ids of the entries, (N, k), and their rows (N,)."""
        from textkit.lm.kernels.arpa_text import climb

        trie = self.model.trie
        rows = np.arange(piece.begin, piece.end)
        if piece.order == 1:  # `<s>`, which has the last row, comes after `<unk>`
            rows = np.where(rows < 2, rows * trie.vocab_size, rows - 1)
        ids = np.empty((len(rows), piece.order), np.int32)
        prefixes = rows.copy()
        for k in range(piece.order, 1, -1):
            climb(_plain(trie.first[k - 2]), _plain(trie.words[k - 1]), prefixes, ids, k - 1)
        ids[:, 0] = prefixes
        return ids, rows


def _plain(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A plain read-only view: functions are compiled anew for what can be written to, or is mapped."""
    view = array.view(np.ndarray)
    view.flags.writeable = False
    return view
