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

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from textkit import atomic
from textkit.errors import UsageError
from textkit.lm.arpa_reader import BEGIN, LN10, ZERO, read_arpa
from textkit.lm.ngram import Floats, NgramModel
from textkit.lm.stream import Ints
from textkit.lm.trie import NgramTrie

__all__ = ["read_arpa", "write_arpa"]

_CHUNK = 1 << 16  # entries formatted at once
_BREAKS = re.compile(r"[\0\t\n\r ]")  # what ends a word for KenLM; other white space may stand in words


def write_arpa(model: NgramModel, path: Path | str) -> None:
    """Write a model as ARPA text, gzipped when the name ends in .gz; whole or not at all.

    Unigrams come in the order of the ids with `<s>` after `<unk>`, longer n-grams sorted by their words'
    ids. Raises UsageError when the format cannot hold the model: words with blanks in them, or a smoothing
    that is not a back-off; TextkitError when the file cannot be written.
    """
    path = Path(path)
    _check(model, path)
    with atomic.writing(path) as temporary, _opened(temporary, zipped=path.suffix == ".gz") as file:
        file.write(b"\\data\\\n")
        for k in range(1, model.order + 1):
            file.write(f"ngram {k}={model.trie.size(k)}\n".encode())
        tokens = np.array([*model.vocab.tokens, BEGIN], dtype=object)
        for k in range(1, model.order + 1):
            file.write(f"\n\\{k}-grams:\n".encode())
            for text in _entries(model, k, tokens):
                file.write(text.encode("utf-8"))
        file.write(b"\n\\end\\\n")


def _check(model: NgramModel, path: Path) -> None:
    if model.order > 1 and not (model.miss.shorter and model.miss.unseen == 0.0):
        raise UsageError(
            f"{path}: {model.smoothing} cannot be written as ARPA: the format gives an unseen n-gram its "
            "history's back-off weight times the shorter one's probability; choose another smoothing"
        )
    for i, token in enumerate(model.vocab.tokens):
        if not token or token == BEGIN or _BREAKS.search(token):
            raise UsageError(
                f"{path}: the word {token!r} (id {i}) cannot stand in an ARPA file, which parts words at "
                f"blanks and keeps {BEGIN} to itself; clean the text of it and train again"
            )


@contextmanager
def _opened(path: Path, *, zipped: bool) -> Iterator[IO[bytes]]:
    with path.open("wb") as raw:
        if not zipped:
            yield raw
            return
        # Neither name nor time inside: the same model gives the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as file:
            yield file  # type: ignore[misc]


def _entries(model: NgramModel, order: int, tokens: npt.NDArray[np.object_]) -> Iterator[str]:
    """The lines of one order, in pieces of many."""
    log_prob = model.log_prob[order - 1] / LN10
    rows = np.arange(len(log_prob))
    if order == 1:
        rows = np.concatenate([[0, len(rows) - 1], rows[1:-1]])
    for start in range(0, len(rows), _CHUNK):
        piece = rows[start : start + _CHUNK]
        columns: list[list[object]] = [
            _decimals(log_prob[piece]),
            _spelled(model.trie, order, piece, tokens).tolist(),
        ]
        line = "%.8g\t%s\n"
        if order < model.order:
            columns.append(_decimals(model.log_backoff[order - 1][piece] / LN10))
            line = "%.8g\t%s\t%.8g\n"
        yield (line * len(piece)) % tuple(chain.from_iterable(zip(*columns, strict=True)))


def _decimals(values: Floats) -> list[object]:
    decimals: list[object] = (np.maximum(values, ZERO) + 0.0).tolist()  # + 0.0 turns -0.0 into 0.0
    return decimals


def _spelled(
    trie: NgramTrie, order: int, rows: Ints, tokens: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """The words of n-grams, blanks between them; a prefix that several share is put together once."""
    if order == 1:
        return tokens[rows]
    keys = trie.keys[order - 1][rows]
    prefixes, owner = np.unique(keys // trie.base, return_inverse=True)
    spelled: npt.NDArray[np.object_] = (
        _spelled(trie, order - 1, prefixes, tokens)[owner] + " " + tokens[keys % trie.base]
    )
    return spelled
