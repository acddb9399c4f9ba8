"""How sentences are to be translated: the settings, and what they make of distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textkit.errors import UsageError

if TYPE_CHECKING:
    from textkit.decode.filters import Filter


MOST_PENALTY = 10.0  # lengths to the power of more are beyond all numbers
MOST_RATIO = 1000.0  # more is more than any sentence needs, and at last beyond all numbers
MOST_TOKENS = 10_000  # that may be asked of a translation


@dataclass(frozen=True)
class TranslationDecoding:
    """How each sentence is translated: the `n_best` best translations that a beam of width `beam` finds.

    A beam of 1 takes the most probable token each time. `length_penalty` is the alpha of Wu et al. 2016
    (arXiv:1609.08144, equation 14): 0 ranks by probability, which favours short translations; 1 is JoeyNMT's
    choice, and 0.6 that of Vaswani et al. 2017. A translation has `min_length` tokens at least, and
    `max_ratio` times as many as the source, and `max_extra` more, at most. With `sample`, `n_best`
    translations are drawn instead of searched for. `prefix` is what every translation begins with; its
    tokens come on top of the most. The search for a sentence ends when `patience`
    times `beam` translations are finished; None: when no better one can come, which takes long.
    `lm_weight` is what a language model's log probabilities count. `batch_tokens` bounds what is
    translated at once: sentences times beam times the length of the longest.

    Raises UsageError for settings that make no sense or contradict each other.

    >>> TranslationDecoding(beam=3, n_best=5)
    Traceback (most recent call last):
    textkit.errors.UsageError: a beam of 3 gives 3 translations at most, not 5: widen the beam
    """

    beam: int = 5
    n_best: int = 1
    length_penalty: float = 1.0
    coverage_penalty: float = 0.0
    patience: float | None = 1.0
    min_length: int = 0
    max_ratio: float = 2.0
    max_extra: int = 10
    no_repeat_ngram: int = 0
    prefix: str = ""
    sample: bool = False
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0
    lm_weight: float = 0.0
    attention: bool = False
    batch_tokens: int = 6144
    precision: Literal["fp32", "bf16"] = "fp32"

    def __post_init__(self) -> None:
        counts = {"a beam": self.beam, "n-best": self.n_best, "the tokens of a batch": self.batch_tokens}
        for name, count in counts.items():
            if count < 1:
                raise UsageError(f"{name} must be at least 1, not {count}")
        if min(self.min_length, self.max_extra, self.no_repeat_ngram, self.seed) < 0:
            raise UsageError("lengths, the n-grams not to repeat and the seed must be 0 or more")
        numbers = {
            "the length penalty": self.length_penalty,
            "the coverage penalty": self.coverage_penalty,
            "the greatest ratio of lengths": self.max_ratio,
            "the language model's weight": self.lm_weight,
        }
        for name, number in numbers.items():
            if not 0 <= number < float("inf"):
                raise UsageError(f"{name} must be 0 or a positive number, not {number}")
        if self.length_penalty > MOST_PENALTY:
            raise UsageError(f"the length penalty is at most {MOST_PENALTY:g}, not {self.length_penalty:g}")
        if self.max_ratio > MOST_RATIO:
            raise UsageError(
                f"the greatest ratio of lengths is at most {MOST_RATIO:,g}, not {self.max_ratio:g}"
            )
        if self.min_length > MOST_TOKENS:
            raise UsageError(
                f"the least length of translations is at most {MOST_TOKENS:,}, not {self.min_length:,}"
            )
        if self.max_ratio == 0 and self.max_extra == 0:
            raise UsageError("translations need room: a ratio of lengths, or extra tokens, above 0")
        if self.precision not in ("fp32", "bf16"):
            raise UsageError(f"precision is fp32 or bf16, not {self.precision!r}")
        if self.patience is not None and not self.patience >= 0:
            raise UsageError(f"the patience of a search must be 0 or more, not {self.patience}")
        if self.sample:
            self.sampling_filters()  # each checks its number
            if self.attention:
                raise UsageError("alignments and attention are those of a search, not of drawn translations")
            if self.coverage_penalty:
                raise UsageError("the coverage penalty ranks what a search finds: leave it out of a sample")
            if (self.beam, self.length_penalty, self.patience) != (5, 1.0, 1.0):
                raise UsageError(
                    "a sample is drawn, not searched for: leave out beam, length penalty and patience"
                )
        elif self.temperature != 1 or self.top_k is not None or self.top_p is not None:
            raise UsageError("temperature, top-k and top-p go with drawn translations: ask for a sample")
        elif self.n_best > self.beam:
            raise UsageError(
                f"a beam of {self.beam} gives {self.beam} translations at most, not {self.n_best}: "
                "widen the beam"
            )

    @property
    def rows(self) -> int:
        """Hypotheses of a sentence at once."""
        return self.n_best if self.sample else self.beam

    def longest(self, source: int) -> int:
        """The most ids of the translation of a source of so many ids, the end of the sentence included."""
        return max(int(self.max_ratio * source) + self.max_extra, self.min_length + 1, 1)

    def sampling_filters(self) -> list[Filter]:
        """What reshapes distributions before a token is drawn."""
        from textkit.decode.filters import Temperature, TopK, TopP

        filters: list[Filter] = []
        if self.temperature != 1:
            filters.append(Temperature(self.temperature))
        if self.top_k is not None:
            filters.append(TopK(self.top_k))
        if self.top_p is not None:
            filters.append(TopP(self.top_p))
        return filters
