"""What is shown of an explanation: the words of a text, each with what it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Word(NamedTuple):
    """`text[start:end]` of the raw text, and what it counts: above 0 for the target, below against it."""

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Attribution:
    """How the words of `text` bear on `target`, held against `rival` (if it is).

    `value` is what the classifier gave the target: its score, less the rival's. Where the method accounts
    for all of it, the words' scores and `rest` (the bias, the baseline, what is no word) sum to it;
    elsewhere `rest` is None.
    """

    text: str
    words: tuple[Word, ...]
    target: str
    rival: str | None
    method: str
    value: float
    rest: float | None = None

    def top(self, count: int) -> list[Word]:
        """The `count` words that speak most for the target, by rank; equals in the order of the text."""
        return sorted(self.words, key=lambda word: -word.score)[:count]

    def ranked(self, count: int) -> list[Word]:
        """Up to `count` words that speak for the target, the first most; then as many against it."""
        against = sorted((word for word in self.words if word.score < 0), key=lambda word: word.score)
        return [word for word in self.top(count) if word.score > 0] + against[:count]

    @property
    def largest(self) -> float:
        """The largest score, either way; 0 without words."""
        return max((abs(word.score) for word in self.words), default=0.0)

    def pieces(self) -> list[tuple[str, float | None]]:
        """The whole text in order: words with their scores, and what lies between them with None.

        Words that overlap are cut at where the one before ends.

        >>> Attribution("a, b", (Word("a", 0, 1, 2.0), Word("b", 3, 4, -1.0)), "1", None, "m", 1.0).pieces()
        [('a', 2.0), (', ', None), ('b', -1.0)]
        """
        pieces: list[tuple[str, float | None]] = []
        done = 0
        for word in self.words:
            if word.start > done:
                pieces.append((self.text[done : word.start], None))
            start = max(word.start, done)
            if word.end > start:
                pieces.append((self.text[start : word.end], word.score))
            done = max(done, word.end)
        if done < len(self.text):
            pieces.append((self.text[done:], None))
        return pieces

    def as_dict(self, *, top: int = 0) -> dict[str, Any]:
        """For JSON; with `top`, that many of the words that speak for the target again, by rank."""
        return {
            "text": self.text,
            "target": self.target,
            "against": self.rival,
            "method": self.method,
            "value": self.value,
            "rest": self.rest,
            "words": [word._asdict() for word in self.words],
        } | ({"top": [word._asdict() for word in self.top(top)]} if top else {})


def by_character(
    length: int,
    spans: Sequence[tuple[int, int]],
    scores: Sequence[float],
    *,
    within: npt.NDArray[np.bool_] | None = None,
) -> tuple[Floats, float]:
    """The scores of `spans` shared equally among the characters they cover; and those of empty spans, summed.

    Spans may overlap, as the n-grams of a text do; the sum of all stays what it was. Of a span that has
    some of the characters `within` (length,), only these get shares: the blank between two words gets none.

    >>> by_character(4, [(0, 2), (1, 2), (3, 3)], [1.0, 2.0, 5.0])
    (array([0.5, 2.5, 0. , 0. ]), 5.0)
    """
    begins = np.array([start for start, _ in spans], np.int64)
    ends = np.array([end for _, end in spans], np.int64)
    values = np.asarray(scores, np.float64)
    covering = ends > begins
    widths = (ends - begins)[covering]
    owners = np.repeat(np.arange(len(widths)), widths)
    places = np.repeat(begins[covering] - (widths.cumsum() - widths), widths) + np.arange(widths.sum())
    parts = np.ones(len(places)) if within is None else within[places].astype(np.float64)
    sums = np.bincount(owners, parts, minlength=len(widths))
    parts = np.where(sums[owners] > 0, parts, 1.0)
    share = values[covering] / np.where(sums > 0, sums, widths)
    characters = np.bincount(places, parts * share[owners], minlength=length).astype(np.float64)
    return characters, float(values[~covering].sum())


def by_word(characters: Floats, spans: Sequence[tuple[int, int]]) -> tuple[list[float], float]:
    """The scores of characters summed over each of `spans`; and what lies outside of all, summed.

    A character in two spans counts for the first.
    """
    scores, done, inside = [], 0, 0.0
    for start, end in spans:
        begin = max(start, done)
        score = float(characters[begin:end].sum()) if end > begin else 0.0
        scores.append(score)
        inside += score
        done = max(done, end)
    return scores, float(characters.sum()) - inside
