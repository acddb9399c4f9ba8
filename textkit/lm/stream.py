"""The corpus as an n-gram model reads it: one run of words with the sentence starts put in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Stream:
    """A text, one `<s>` (id V) before each sentence.

    `words` (L,) int64; `places` (L,) int64, the number of words of the sentence that stand before,
    `<s>` included: 0 for `<s>` itself, 1 for the first word.
    """

    words: Ints
    places: Ints

    @staticmethod
    def of(corpus: EncodedCorpus, vocab_size: int) -> Stream:
        """The whole corpus at once.

        Raises InputError when an id is outside the vocabulary.

        >>> stream = Stream.of(EncodedCorpus.from_sequences([[2, 1], [1]]), 3)
        >>> stream.words.tolist(), stream.places.tolist()
        ([3, 2, 1, 3, 1], [0, 1, 2, 0, 1])
        """
        is_start = np.zeros(len(corpus.ids) + len(corpus), dtype=np.bool_)
        is_start[corpus.offsets[:-1] + np.arange(len(corpus))] = True
        words = np.full(len(is_start), vocab_size, dtype=np.int64)
        words[~is_start] = corpus.ids
        foreign = corpus.ids[(corpus.ids < 0) | (corpus.ids >= vocab_size)]
        if len(foreign):
            raise InputError(f"ids run from 0 to {vocab_size - 1} in this vocabulary, not {foreign[0]}")
        positions = np.arange(len(words))
        return Stream(words, positions - np.maximum.accumulate(np.where(is_start, positions, 0)))

    def is_token(self) -> Bools:
        """Which positions are tokens to score, not `<s>` (L,)."""
        return self.places > 0
