"""The scores of many lines, or of many documents, as columns of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.score import BITS, Floats, Ints, MeasuredText, Score

Values = list[float | int | None]


@dataclass(frozen=True, eq=False)
class LineScores:
    """What `Score` holds, for each of S lines: every column is (S,)."""

    log_prob: Floats
    log_prob_known: Floats
    tokens: Ints
    unknown: Ints
    lines: Ints
    characters: Ints
    bytes: Ints
    spelling_bits: Floats
    impossible: Ints

    @staticmethod
    def of(log_probs: Floats, text: MeasuredText, *, unknown: int) -> LineScores:
        """Sum log probabilities (N,) of all tokens of `text` line by line."""
        known = text.corpus.ids != unknown
        begins = text.corpus.offsets[:-1]  # strictly rising: every line has its end
        return LineScores(
            log_prob=_sums(log_probs, begins),
            log_prob_known=_sums(np.where(known, log_probs, 0.0), begins),
            tokens=text.corpus.lengths,
            unknown=_sums((~known).astype(np.int64), begins),
            lines=np.ones(len(begins), dtype=np.int64),
            characters=text.characters,
            bytes=text.bytes,
            spelling_bits=text.spelling_bits.astype(np.float64),
            impossible=_sums(np.isneginf(log_probs).astype(np.int64), begins),
        )

    def grouped(self, begins: Ints) -> LineScores:
        """The scores of documents, of which document d begins at line `begins[d]`, strictly rising."""
        return LineScores(*(_sums(getattr(self, field.name), begins) for field in fields(self)))

    def __len__(self) -> int:
        return len(self.tokens)

    def __iter__(self) -> Iterator[Score]:
        columns = (getattr(self, field.name).tolist() for field in fields(self))
        return (Score(*row) for row in zip(*columns, strict=True))

    def total(self) -> Score:
        """All lines as one text."""
        return Score(*(getattr(self, field.name).sum().item() for field in fields(self)))

    @property
    def perplexity(self) -> Floats:
        """Of each line, as `Score.perplexity`, (S,)."""
        with np.errstate(over="ignore"):
            return np.exp(-self.log_prob / self.tokens)

    @property
    def bits_per_byte(self) -> Floats:
        """Of each line, as `Score.bits_per_byte`, (S,)."""
        return self._bits() / self.bytes

    def _bits(self) -> Floats:
        return -self.log_prob * BITS + self.spelling_bits

    def columns(self) -> dict[str, Values]:
        """The entries of `Score.as_dict`, in its order, each as a list over the lines."""
        known, words = self.tokens - self.unknown, self.tokens - self.lines
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            values = {
                "perplexity": self.perplexity,
                "perplexity_known": np.exp(-self.log_prob_known / known),
                "bits_per_character": self._bits() / self.characters,
                "bits_per_byte": self.bits_per_byte,
                "tokens": self.tokens,
                "unknown": self.unknown,
                "unknown_rate": np.where(words > 0, self.unknown / words, 0.0),
                "lines": self.lines,
                "characters": self.characters,
                "bytes": self.bytes,
                "log_prob": self.log_prob,
                "spelling_bits": self.spelling_bits,
                "impossible": self.impossible,
            }
        return {name: _plain(column) for name, column in values.items()}


def _sums(values: npt.NDArray[Any], begins: Ints) -> npt.NDArray[Any]:
    return np.add.reduceat(values, begins) if len(begins) else values[:0]


def _plain(column: Floats | Ints) -> Values:
    """As Python's numbers; those that are not finite become None."""
    finite = np.isfinite(column)
    if finite.all():
        return list(column.tolist())
    return [value if good else None for value, good in zip(column.tolist(), finite.tolist(), strict=True)]
