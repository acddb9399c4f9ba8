"""Reading the ids that a text begins with, before anything is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor

from textkit.errors import UsageError
from textkit.models.step_model import StepModel

State = TypeVar("State")


@runtime_checkable
class PromptReader(Protocol[State]):
    """A step model that reads several ids at once, quicker than one by one."""

    def read(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Read `ids` (R, T) int64; log probabilities (R, V) of what follows the last, and the state."""
        ...


def read_prompt(model: StepModel[Any], prompt: Sequence[int], *, rows: int) -> tuple[Tensor, Any]:
    """What `rows` rows have after reading `prompt`: log probabilities (rows, V) and the state.

    The prompt is read once and its state copied. Raises UsageError for an empty one.
    """
    if not prompt:
        raise UsageError("a prompt needs at least one id: the one that begins a line")
    state = model.start(1)
    if isinstance(model, PromptReader):
        log_probs, state = model.read(torch.tensor([list(prompt)]), state)
    else:
        for i in prompt:
            log_probs, state = model.step(torch.tensor([i]), state)
    if rows > 1:
        first = torch.zeros(rows, dtype=torch.long, device=log_probs.device)
        log_probs, state = log_probs[first], model.reorder(state, first)
    return log_probs, state
