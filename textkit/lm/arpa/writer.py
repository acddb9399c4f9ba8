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

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError
from textkit.lm import ngram_text
from textkit.lm.arpa.reader import read_arpa
from textkit.lm.ngram import NgramModel
from textkit.lm.ngram_text import Rows, WordBytes, check_words, ngram_ids, write_lines
from textkit.scratch import release

__all__ = ["check_words", "read_arpa", "write_arpa"]

_LOGS = 64  # bytes that two logarithms take at most, tabs and line end with them
_RELEASE = 64  # pieces after which mapped tables give back the memory of their pages


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
    logs = [table.values for table in (*model.log_prob, *model.log_backoff)]
    tables: tuple[npt.NDArray[Any], ...] = (*model.trie.words, *model.trie.first, *logs)

    def let_go(pieces: int) -> None:
        if pieces % _RELEASE == 0:
            release(*tables)

    lines = _Lines(model, WordBytes.of(model.vocab))
    write_lines(path, _pieces(model), lines, jobs=jobs, watch=let_go)


def _check(model: NgramModel, path: Path) -> None:
    if model.order > 1 and not (model.miss.shorter and model.miss.unseen == 0.0):
        raise UsageError(
            f"{path}: {model.smoothing} cannot be written as ARPA: the format gives an unseen n-gram its "
            "history's back-off weight times the shorter one's probability; choose another smoothing"
        )
    check_words(model.vocab, path)


def _pieces(model: NgramModel) -> Iterator[Rows]:
    """The whole file, in pieces that can be formatted each by itself."""
    sizes = [model.trie.size(k) for k in range(1, model.order + 1)]
    head = "\\data\\\n" + "".join(f"ngram {k}={size}\n" for k, size in enumerate(sizes, 1))
    for k, size in enumerate(sizes, 1):
        head += f"\n\\{k}-grams:\n"
        for begin in range(0, max(size, 1), ngram_text.PIECE):
            yield Rows(k, begin, min(begin + ngram_text.PIECE, size), head)
            head = ""
    yield Rows(1, 0, 0, "\n\\end\\\n")


@dataclass(frozen=True, eq=False)
class _Lines:
    """Makes the bytes of a piece."""

    model: NgramModel
    words: WordBytes

    def __call__(self, piece: Rows) -> Iterator[bytes]:
        from textkit.lm.kernels.arpa_text import format_entries

        yield piece.head.encode()
        trie, order = self.model.trie, piece.order
        rows = np.arange(piece.begin, piece.end)
        if order == 1:  # `<s>`, which has the last row, comes after `<unk>`
            rows = np.where(rows < 2, rows * trie.vocab_size, rows - 1)
        ids = ngram_ids(trie, order, rows)
        log_prob = self.model.log_prob[order - 1].at(rows)
        log_backoff = np.empty(0, np.float32)
        if order < self.model.order:
            log_backoff = self.model.log_backoff[order - 1].at(rows)
        room = _LOGS + self.words.room(order)

        def put(begin: int, out: npt.NDArray[np.uint8]) -> tuple[int, int]:
            arena, places = self.words.arena, self.words.places
            return format_entries(ids, begin, log_prob, log_backoff, arena, places, room, out)

        yield from ngram_text.blocks(put, len(rows), room=room)
