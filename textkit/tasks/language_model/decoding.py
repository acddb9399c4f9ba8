"""How text is to be generated: the settings, and what they make of a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textkit.errors import UsageError

if TYPE_CHECKING:
    from textkit.decode.filters import Filter

_LEAST = 0.05  # the temperature below which powers of probabilities come near the smallest number


@dataclass(frozen=True)
class Decoding:
    """How text is generated: `samples` texts of up to `length` tokens each.

    A `temperature` of 0 takes the most probable token each time. `beam` searches for the most probable
    texts with a beam of that width instead of drawing, `length_penalty` being its alpha. A text ends
    before the first of the strings `stop`, and with `one_line` at the end of the line. Raises UsageError
    for settings that make no sense or contradict each other.
    """

    length: int = 50
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float = 1.0
    beam: int | None = None
    length_penalty: float = 0.0
    stop: tuple[str, ...] = ()
    seed: int = 0
    samples: int = 1
    one_line: bool = False

    def __post_init__(self) -> None:
        if self.length < 1 or self.samples < 1:
            raise UsageError(f"length and samples must be at least 1, not {self.length} and {self.samples}")
        if not 0 <= self.temperature < float("inf"):
            raise UsageError(f"temperature must be 0 or a positive number, not {self.temperature}")
        if not 0 < self.repetition_penalty < float("inf"):
            raise UsageError(f"a repetition penalty must be a positive number, not {self.repetition_penalty}")
        if "" in self.stop:
            raise UsageError("a stop string must not be empty")
        if self.beam is None:
            if self.length_penalty:
                raise UsageError("a length penalty ranks the texts of a beam: give the beam a width")
            return
        if self.beam < 1:
            raise UsageError(f"a beam needs a width of at least 1, not {self.beam}")
        if not 0 <= self.length_penalty < float("inf"):
            raise UsageError(f"the length penalty must be 0 or a positive number, not {self.length_penalty}")
        if self.samples > self.beam:
            raise UsageError(f"a beam of {self.beam} gives at most as many texts, not {self.samples}")
        if self.temperature != 1 or self.top_k is not None or self.top_p is not None:
            raise UsageError(
                "a beam draws nothing: temperature, top-k and top-p do not go with it, drop one or the other"
            )

    @property
    def plain(self) -> bool:
        """Whether nothing reshapes the distributions but a temperature."""
        unlimited = self.top_k is None and self.top_p is None
        return self.beam is None and unlimited and self.repetition_penalty == 1 and self.temperature >= _LEAST

    def filters(self, *, unknown: int, end: int) -> list[Filter]:
        """What reshapes the distributions of a model with these special ids."""
        from textkit.decode.filters import Forbid, RepetitionPenalty, Temperature, TopK, TopP

        filters: list[Filter] = [Forbid((unknown,))]
        if self.repetition_penalty != 1:
            filters.append(RepetitionPenalty(self.repetition_penalty, spared=(end,)))
        if self.temperature != 1:
            filters.append(TopK(1) if self.temperature == 0 else Temperature(self.temperature))
        if self.top_k is not None:
            filters.append(TopK(self.top_k))
        if self.top_p is not None:
            filters.append(TopP(self.top_p))
        return filters
