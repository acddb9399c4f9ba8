"""The corpus as an n-gram model reads it: one run of words with the sentence starts put in."""

from __future__ import annotations

from collections.abc import Iterator
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
    """A stretch of the text, one `<s>` (id V) before each sentence.

    `words` (L,) int64; `places` (L,) int64, the number of words of the sentence that stand before,
    `<s>` included: 0 for `<s>` itself, 1 for the first word. Positions before `lead` serve as history
    only; they belong to the stretch before.
    """

    words: Ints
    places: Ints
    lead: int = 0

    @staticmethod
    def of(corpus: EncodedCorpus, vocab_size: int) -> Stream:
        """The whole corpus at once.

        Raises InputError when an id is outside the vocabulary.

        >>> stream = Stream.of(EncodedCorpus.from_sequences([[2, 1], [1]]), 3)
        >>> stream.words.tolist(), stream.places.tolist()
        ([3, 2, 1, 3, 1], [0, 1, 2, 0, 1])
        """
        return _cut(corpus, vocab_size, start=0, stop=len(corpus.ids) + len(corpus), lead=0)

    @staticmethod
    def chunks(corpus: EncodedCorpus, vocab_size: int, *, lead: int, size: int) -> Iterator[Stream]:
        """The corpus in stretches of `size` positions, each with `lead` more before it as history.

        A stretch may begin and end inside a sentence, so that memory does not grow with its length.
        """
        length = len(corpus.ids) + len(corpus)
        for start in range(0, length, size):
            yield _cut(corpus, vocab_size, start=start, stop=min(start + size, length), lead=min(lead, start))

    def is_token(self) -> Bools:
        """Which positions are tokens to score: not `<s>`, not lead (L,)."""
        tokens = self.places > 0
        tokens[: self.lead] = False
        return tokens


def _cut(corpus: EncodedCorpus, vocab_size: int, *, start: int, stop: int, lead: int) -> Stream:
    """Positions start - lead to stop of the text with its sentence starts."""
    begin = start - lead
    first, last = _starts_before(corpus, begin), _starts_before(corpus, stop)
    at = np.asarray(corpus.offsets[first:last], dtype=np.int64) + np.arange(first, last) - begin
    is_start = np.zeros(stop - begin, dtype=np.bool_)
    is_start[at] = True
    words = np.full(stop - begin, vocab_size, dtype=np.int64)
    ids = corpus.ids[begin - first : stop - last]
    words[~is_start] = ids
    foreign = ids[(ids < 0) | (ids >= vocab_size)]
    if len(foreign):
        raise InputError(f"ids run from 0 to {vocab_size - 1} in this vocabulary, not {foreign[0]}")
    carried = begin - (int(corpus.offsets[first - 1]) + first - 1) if first else 0
    positions = np.arange(stop - begin)
    latest = np.maximum.accumulate(np.where(is_start, positions, -carried))
    return Stream(words, positions - latest, lead)


def _starts_before(corpus: EncodedCorpus, position: int) -> int:
    """How many sentences start before a position of the text with its sentence starts.

    Sentence s starts at offsets[s] + s: bisected, so that no such array need be built.
    """
    low, high = 0, len(corpus)
    while low < high:
        middle = (low + high) // 2
        if int(corpus.offsets[middle]) + middle < position:
            low = middle + 1
        else:
            high = middle
    return low
