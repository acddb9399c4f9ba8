"""From texts to what a network reads: words, blank ones left out, and their ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.data.interned import InternedText
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import Vocab

Integers = npt.NDArray[np.int64]

_ENOUGH = 1 << 14  # characters: a batch of texts is seldom the only one


@dataclass(frozen=True, eq=False)
class ReadTexts:
    """The words of texts: for each text, in `corpus`, indices into `types`; no word is blank.

    >>> texts = ReadTexts.of(["to be", " ", "be"], Pipeline.of(str.split))
    >>> texts.types, texts.corpus.ids.tolist(), texts.corpus.lengths.tolist()
    (('to', 'be'), [0, 1, 1], [2, 0, 1])
    >>> texts.encode(texts.vocab(), max_length=1).ids.tolist()
    [2, 0, 1]
    """

    types: tuple[str, ...]
    corpus: EncodedCorpus

    @staticmethod
    def of(texts: Iterable[str], pipeline: Pipeline[str, list[str]]) -> ReadTexts:
        """Clean and tokenize; raises StageError naming the text's line."""
        text = InternedText.of(texts, pipeline, enough=_ENOUGH)
        words = np.array([bool(token.strip()) for token in text.types], bool)
        return ReadTexts(text.types, _keep(text.corpus, words[text.corpus.ids]))

    def vocab(self, *, min_count: int = 1, max_size: int | None = None) -> Vocab:
        """The words that occur often enough, and the unknown word."""
        counts = np.bincount(self.corpus.ids, minlength=len(self.types)).tolist()
        seen = {word: count for word, count in zip(self.types, counts, strict=True) if count}
        return Vocab.from_counts(seen, min_count=min_count, max_size=max_size)

    def encode(self, vocab: Vocab, *, max_length: int) -> EncodedCorpus:
        """The first `max_length` words of each text as ids; a text without any is one unknown word."""
        unknown = vocab.encode([""])[0]
        corpus = _keep(self.corpus, _numbers(self.corpus) < max_length)
        ids = np.array(vocab.encode(self.types), np.int32)[corpus.ids]
        empty = corpus.lengths == 0
        filled = np.insert(ids, corpus.offsets[:-1][empty], unknown).astype(np.int32)
        return EncodedCorpus(filled, _offsets(np.where(empty, 1, corpus.lengths)))


def words_of(text: str, pipeline: Pipeline[str, list[str]]) -> list[str]:
    """The words of one text, blank ones left out."""
    return [word for word in pipeline(text) if word.strip()]


def _keep(corpus: EncodedCorpus, kept: npt.NDArray[np.bool_]) -> EncodedCorpus:
    """Those ids alone that are `kept` (N,)."""
    return EncodedCorpus(corpus.ids[kept], _offsets(_within(kept, corpus.offsets)))


def _within(kept: npt.NDArray[np.bool_], offsets: Integers) -> Integers:
    """How many of the ids of each sequence are kept."""
    before = np.concatenate([[0], np.cumsum(kept)])
    return np.diff(before[offsets])


def _numbers(corpus: EncodedCorpus) -> Integers:
    """For each id its place in its sequence, from 0: (N,)."""
    return np.arange(len(corpus.ids)) - np.repeat(corpus.offsets[:-1], corpus.lengths)


def _offsets(lengths: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
