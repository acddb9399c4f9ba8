"""From tokens to numbers: which spelling a token has, and what a network is told of each spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from textkit.data.encoded import EncodedCorpus
from textkit.models.tagger import NO_LETTER, Sentences
from textkit.text.vocab import UNKNOWN as UNKNOWN_TOKEN
from textkit.text.vocab import Vocab

LONGEST = 24  # letters that are looked at: those of a longer word's beginning
_DIGIT = re.compile(r"\d")
_RARE = 2  # letters seen less often are unknown: so the unknown letter is learnt too


def known_as(token: str) -> str:
    """As what a token is looked up: in lower case, each digit a 0; its letters say the rest.

    >>> known_as("19th"), known_as("Oslo")
    ('00th', 'oslo')
    """
    return _DIGIT.sub("0", token.lower())


def word_vocab(sentences: Iterable[Sequence[str]], *, min_count: int, max_size: int | None) -> Vocab:
    """The words of training sentences; id UNKNOWN is that of all others."""
    return Vocab.build(
        (map(known_as, tokens) for tokens in sentences), min_count=min_count, max_size=max_size
    )


def letter_vocab(sentences: Iterable[Sequence[str]]) -> Vocab:
    """The letters of training sentences; id NO_LETTER is that of none."""
    letters = (token[:LONGEST] for tokens in sentences for token in tokens)
    return Vocab.build(letters, min_count=_RARE, specials=("<none>", UNKNOWN_TOKEN))


@dataclass(frozen=True, eq=False)
class Spellings:
    """The W distinct tokens of some sentences: `words` (W,) and `letters` (W, L) as in `Sentences`.

    >>> vocab = Vocab.build([["to", "oslo"]])
    >>> spellings = Spellings.of([["To", "Oslo"], ["to"]], vocab=vocab, letters=letter_vocab([["To", "to"]]))
    >>> spellings.encode([["to", "To"]])[0].tolist(), spellings.words.tolist()
    ([2, 0], [1, 2, 1])
    """

    numbers: dict[str, int]
    words: npt.NDArray[np.int64]
    letters: npt.NDArray[np.int64]

    @staticmethod
    def of(sentences: Iterable[Sequence[str]], *, vocab: Vocab, letters: Vocab) -> Spellings:
        """Those of `sentences`, in the order of their first appearance."""
        tokens = dict.fromkeys(token for sentence in sentences for token in sentence)
        words = np.array(vocab.encode(map(known_as, tokens)), dtype=np.int64)
        rows = letters.encode_batch(token[:LONGEST] for token in tokens)
        table = np.full((len(tokens), max(map(len, rows), default=1)), NO_LETTER, dtype=np.int64)
        for row, ids in zip(table, rows, strict=True):
            row[: len(ids)] = ids
        return Spellings({token: number for number, token in enumerate(tokens)}, words, table)

    def encode(self, sentences: Iterable[Sequence[str]]) -> EncodedCorpus:
        """Which spelling each token has."""
        numbers = self.numbers
        return EncodedCorpus.from_sequences([numbers[token] for token in tokens] for tokens in sentences)

    def tensors(self, places: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Sentences:
        """Rows of spellings `places` (B, T) of `lengths` (B,) as a network reads them."""
        used, within = np.unique(places, return_inverse=True)
        letters = self.letters[used]
        longest = int((letters != NO_LETTER).any(axis=0).sum())
        return Sentences(
            torch.from_numpy(within.reshape(places.shape)),
            torch.from_numpy(lengths),
            torch.from_numpy(self.words[used]),
            torch.from_numpy(letters[:, : max(longest, 1)]),
        )
