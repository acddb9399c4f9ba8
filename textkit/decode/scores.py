"""What ids are chosen by: the model's log probabilities, as filters and a second model change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from torch import Tensor

from textkit.decode.filters import Filter, SentenceFilter
from textkit.errors import UsageError
from textkit.models.step_model import StepModel

State = TypeVar("State", contravariant=True)


@runtime_checkable
class Guided(Protocol[State]):
    """A step model that wants other ids chosen than the most probable ones."""

    def guided(self, log_probs: Tensor, state: State) -> Tensor:
        """Scores (R, V), not above `log_probs` (R, V), by which the next ids are to be chosen.

        `state` is that after the last step, `log_probs` what the step gave, reshaped by filters.
        """
        ...


class ChoiceScores:
    """By what the next ids are chosen: what `model` gives after `filters`, then as it guides them."""

    def __init__(self, model: StepModel[Any], filters: Sequence[Filter | SentenceFilter]) -> None:
        # Asked once and not at each step: to ask for a protocol takes a tenth of a small model's step.
        self._guide = model if isinstance(model, Guided) else None
        self._filters = [
            (None, each) if isinstance(each, SentenceFilter) else (each, None) for each in filters
        ]

    def __call__(self, log_probs: Tensor, state: Any, *, history: Tensor, sentences: Tensor) -> Tensor:
        """Scores (R, V) of the next ids from the model's `log_probs` (R, V) and its state.

        `history` (R, T) holds the ids so far, `sentences` (R,) to which sentence each row belongs.
        """
        scores = log_probs
        if self._filters:
            history = history.to(log_probs.device)
        for reshape, of_sentences in self._filters:
            if of_sentences is not None:
                reshape = of_sentences.for_rows(sentences)
            assert reshape is not None
            scores = reshape(scores, history)
        return scores if self._guide is None else self._guide.guided(scores, state)


def attention_of(model: StepModel[Any], state: Any) -> Tensor:
    """Where in the source each row looked at the last step: weights (R, N), on the CPU.

    Raises UsageError for a model that does not look anywhere.
    """
    attention = getattr(model, "attention", None)
    if attention is None:
        raise UsageError("this model has no attention: ask neither for it nor for a coverage penalty")
    weights: Tensor = attention(state)
    return weights.detach().float().cpu()
