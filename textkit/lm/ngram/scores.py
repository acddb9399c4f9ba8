"""Text scored whole by an n-gram model: encoded corpora, and sentences as strings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError
from textkit.lm.ngram.addresses import TableAddresses
from textkit.lm.threads import each
from textkit.lm.trie import END_ID
from textkit.text.vocab import Vocab

Floats: TypeAlias = npt.NDArray[np.float64]
Scores: TypeAlias = tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]

_PART = 1 << 20  # tokens that one thread scores at once
_TOGETHER = 1 << 16  # sentences encoded at once: some tens of megabytes


def score_corpus(
    addresses: TableAddresses, corpus: EncodedCorpus, *, vocab_size: int, jobs: int = 1
) -> Scores:
    """Log10 probabilities (N,) float32 of all tokens and lengths (N,) uint8 of the n-grams they end.

    Raises InputError for ids outside 0 to `vocab_size` - 1, or sequences out of order.
    """
    ids, offsets = _plain(corpus.ids), _plain(corpus.offsets)
    if len(ids) and not (ids.min() >= 0 and ids.max() < vocab_size):
        wrong = ids.min() if ids.min() < 0 else ids.max()
        raise InputError(f"ids run from 0 to {vocab_size - 1} in this vocabulary, not {wrong}")
    if offsets[0] != 0 or offsets[-1] != len(ids) or np.any(offsets[1:] < offsets[:-1]):
        raise InputError("the sequences of a corpus must follow each other from its first id to its last")
    scores = np.empty(len(ids), dtype=np.float32), np.empty(len(ids), dtype=np.uint8)
    cuts = np.searchsorted(offsets, np.arange(0, len(ids), _PART))
    bounds = [*np.unique(cuts[cuts < len(corpus)]).tolist(), len(corpus)]
    parts = pairwise(bounds)
    each(lambda begin, end: _score(addresses, ids, offsets, (begin, end), scores), parts, jobs=jobs)
    return scores


def _score(
    addresses: TableAddresses,
    ids: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    part: tuple[int, int],
    scores: Scores,
) -> None:
    from textkit.lm.kernels.query import BLOCK, score_tokens

    width = BLOCK + 1
    score_tokens(
        addresses.address, ids, offsets, *part, *scores,
        np.empty(width, dtype=np.int32),
        np.empty((addresses.order + 4, width), dtype=np.int64),
        np.empty((addresses.order + 2, width), dtype=np.uint32),
        np.empty(width, dtype=np.uint8),
        np.empty(width, dtype=np.float32),
    )  # fmt: skip


def score_sentences(
    addresses: TableAddresses, sentences: Sequence[str], *, vocab: Vocab, jobs: int = 1
) -> Floats:
    """The log10 probability of each sentence of words with white space between, its end included, (S,)."""

    sums = np.empty(len(sentences))

    def score(begin: int) -> None:
        corpus = encode_sentences(sentences[begin : begin + _TOGETHER], vocab)
        logs, _ = score_corpus(addresses, corpus, vocab_size=len(vocab))
        sums[begin : begin + len(corpus)] = np.add.reduceat(logs, corpus.offsets[:-1], dtype=np.float64)

    each(score, ((begin,) for begin in range(0, len(sentences), _TOGETHER)), jobs=jobs)
    return sums


def encode_sentences(sentences: Sequence[str], vocab: Vocab) -> EncodedCorpus:
    """Sentences of words with white space between, each with `</s>` at its end.

    >>> vocab = Vocab(("<unk>", "</s>", "to", "be"), (0,) * 4, specials=2)
    >>> encode_sentences(["to  be", "or"], vocab).ids.tolist()
    [2, 3, 1, 0, 1]
    """
    from textkit.lm.kernels.query import append_ends
    from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

    batch = WhitespaceTokenizer(unicode=False).batch(sentences)
    ids = np.empty(len(batch.starts) + len(batch), dtype=np.int32)
    append_ends(vocab.encode_flat(batch), batch.offsets, END_ID, ids)
    return EncodedCorpus(ids, batch.offsets + np.arange(len(batch) + 1))


def _plain(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A read-only view that is no memory map: functions are compiled anew for each kind."""
    view = array.view(np.ndarray)
    view.flags.writeable = False
    return view
