"""How probable a model finds given continuations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from textkit.decode.prompt import prompt_rows, read_prompts
from textkit.errors import InputError, UsageError
from textkit.models.step_model import StepModel


def forced_scores(model: StepModel[Any], prompts: Tensor, targets: Sequence[Sequence[int]]) -> list[Tensor]:
    """The natural log probability of each id of `targets` after `prompts` (S, P), float32 on the CPU.

    One target a prompt, their lengths may differ; an end that is to count must be among the ids. The model
    goes as a search would, step by step, without the rows whose target is at its end. Raises UsageError for
    another number of targets than prompts, InputError for ids that the model does not have.
    """
    prompts = prompt_rows(prompts)
    if len(targets) != len(prompts):
        raise UsageError(f"each prompt needs a target: {len(prompts)} and {len(targets)} do not match")
    lengths = torch.tensor([len(target) for target in targets], dtype=torch.long)
    longest = int(lengths.max()) if len(targets) else 0
    ids = torch.zeros(len(targets), longest, dtype=torch.long)
    for row, target in enumerate(targets):
        ids[row, : len(target)] = torch.tensor(list(target), dtype=torch.long)
    result = torch.zeros(len(targets), longest)
    if longest:
        with torch.no_grad():
            _score(model, prompts, ids, lengths=lengths, result=result)
    return [row[:length] for row, length in zip(result, lengths.tolist(), strict=True)]


def _score(model: StepModel[Any], prompts: Tensor, ids: Tensor, *, lengths: Tensor, result: Tensor) -> None:
    """Fill `result` (S, T), up to `lengths` (S,), with the log probabilities of `ids` (S, T)."""
    log_probs, state = read_prompts(model, prompts)
    if not 0 <= int(ids.min()) <= int(ids.max()) < log_probs.shape[1]:
        raise InputError(
            f"target ids must be below the {log_probs.shape[1]} of the model and not negative, "
            f"not from {int(ids.min())} to {int(ids.max())}"
        )
    rows = torch.arange(len(ids))
    for place in range(ids.shape[1]):
        kept = (lengths[rows] > place).nonzero()[:, 0]
        if place:
            if len(kept) < len(rows):
                state = model.reorder(state, kept.to(log_probs.device))
                rows = rows[kept]
            log_probs, state = model.step(ids[rows, place - 1].to(log_probs.device), state)
            kept = torch.arange(len(rows))
        chosen = ids[rows[kept], place]
        result[rows[kept], place] = log_probs[kept, chosen].float().cpu()
