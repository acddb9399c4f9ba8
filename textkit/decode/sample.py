"""Ancestral sampling over any step model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from textkit.decode.filters import Filter
from textkit.errors import InputError, UsageError
from textkit.models.step_model import StepModel


def sample(
    model: StepModel[Any],
    prompt: Sequence[int],
    *,
    length: int,
    generator: torch.Generator,
    filters: Sequence[Filter] = (),
    stop: int | None = None,
    rows: int = 1,
) -> list[list[int]]:
    """Draw `rows` continuations of `prompt` (ids), up to `length` ids each, without the prompt.

    `prompt` begins with the id that begins a line. `filters` reshape each distribution in order. With
    `stop`, a row ends before that id. Rows are drawn together from one generator, so row i depends on
    how many rows there are. Raises InputError when the model or the filters leave nothing to choose.
    """
    if not prompt:
        raise UsageError("a prompt needs at least one id: the one that begins a line")
    state, log_probs = model.start(rows), torch.empty(0)
    for i in prompt:
        log_probs, state = model.step(torch.full((rows,), i), state)
    results: list[list[int]] = [[] for _ in range(rows)]
    running = set(range(rows))
    for _ in range(length):
        chosen = _draw(log_probs, filters, generator)
        for row, i in enumerate(chosen.tolist()):
            if i == stop:
                running.discard(row)
            elif row in running:
                results[row].append(i)
        if not running:
            break
        log_probs, state = model.step(chosen, state)
    return results


def _draw(log_probs: Tensor, filters: Sequence[Filter], generator: torch.Generator) -> Tensor:
    for reshape in filters:
        log_probs = reshape(log_probs)
    # Of running sums, the first above a random share of the whole: torch.multinomial takes 25 times as long.
    sums = log_probs.double().exp().cumsum(dim=-1)  # (R, V)
    whole = sums[:, -1:]
    if not bool((whole.isfinite() & (whole > 0)).all()):
        raise InputError("the model gives no probability to any token allowed here; use a smoothed model")
    share = torch.rand(whole.shape, generator=generator, dtype=torch.float64).to(sums.device) * whole
    below = torch.nextafter(whole, torch.zeros_like(whole))  # rounding may not reach the whole
    return torch.searchsorted(sums, torch.minimum(share, below), right=True)[:, 0]
