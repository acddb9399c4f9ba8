"""Reading the ids that texts begin with, before anything is chosen."""

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


def prompt_rows(prompts: Tensor | Sequence[int]) -> Tensor:
    """`prompts` as (S, P) int64: such a tensor, on the device of the model, or the ids of a single one.

    Raises UsageError for empty ones.
    """
    rows = prompts if isinstance(prompts, Tensor) else torch.tensor([list(prompts)], dtype=torch.long)
    if rows.dim() != 2:
        raise UsageError(f"prompts are a tensor of sentences by ids, not one of {rows.dim()} dimension(s)")
    if not rows.shape[1]:
        raise UsageError("a prompt needs at least one id: the one that begins a line")
    return rows


def read_prompts(model: StepModel[Any], prompts: Tensor, *, copies: int = 1) -> tuple[Tensor, Any]:
    """What follows `prompts` (S, P): log probabilities (S * copies, V) and the state.

    Each prompt is read once and its state copied; the copies of one stand together.
    """
    state = model.start(len(prompts))
    if isinstance(model, PromptReader):
        log_probs, state = model.read(prompts, state)
    else:
        for ids in prompts.T.contiguous():
            log_probs, state = model.step(ids, state)
    if copies > 1:
        rows = torch.arange(len(prompts), device=log_probs.device).repeat_interleave(copies)
        log_probs, state = log_probs[rows], model.reorder(state, rows)
    return log_probs, state
