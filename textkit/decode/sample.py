"""Ancestral sampling over any step model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from textkit.decode.filters import Filter
from textkit.decode.prompt import read_prompt
from textkit.errors import InputError
from textkit.models.step_model import StepModel

NOTHING_ALLOWED = "the model gives no probability to any token allowed here; use a smoothed model"

_BLOCK = 512  # probabilities summed at once


class Drawn(NamedTuple):
    """One id for each of R rows: `ids` (R,) int64 and their `log_probs` (R,) by the model, before filters."""

    ids: Tensor
    log_probs: Tensor


def draw(
    model: StepModel[Any],
    prompt: Sequence[int],
    *,
    length: int,
    generator: torch.Generator,
    filters: Sequence[Filter] = (),
    rows: int = 1,
) -> Iterator[Drawn]:
    """Draw the ids that continue `prompt`, one step at a time, for `length` steps or until asked no more.

    What is drawn is read only when the next step is asked for. `filters` reshape each distribution in
    order. Rows are drawn together from one generator, so row i depends on how many rows there are.
    Raises InputError when the model or the filters leave nothing to choose, UsageError for an empty
    prompt.
    """
    log_probs, state = read_prompt(model, prompt, rows=rows)
    history = torch.empty(rows, len(prompt) + length, dtype=torch.long, device=log_probs.device)
    history[:, : len(prompt)] = torch.tensor(prompt)
    for known in range(len(prompt), len(prompt) + length):
        if known > len(prompt):
            log_probs, state = model.step(history[:, known - 1], state)
        chosen = choose(log_probs, history[:, :known], filters=filters, generator=generator)
        history[:, known] = chosen
        yield Drawn(chosen, log_probs.gather(-1, chosen[:, None])[:, 0])


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

    `prompt` begins with the id that begins a line. With `stop`, a row ends before that id. Otherwise
    as `draw`.
    """
    results: list[list[int]] = [[] for _ in range(rows)]
    running = set(range(rows))
    for drawn in draw(model, prompt, length=length, generator=generator, filters=filters, rows=rows):
        for row, i in enumerate(drawn.ids.tolist()):
            if i == stop:
                running.discard(row)
            elif row in running:
                results[row].append(i)
        if not running:
            break
    return results


def choose(
    log_probs: Tensor, history: Tensor, *, filters: Sequence[Filter], generator: torch.Generator
) -> Tensor:
    """An id for each row (R,), drawn from `log_probs` (R, V) as `filters` reshape them.

    Raises InputError when nothing has a probability.
    """
    with torch.inference_mode():
        for reshape in filters:
            log_probs = reshape(log_probs, history)
        rows, vocab_size = log_probs.shape
        # Of running sums, the first above a random share of the whole: torch.multinomial takes ten times as
        # long. First the sums of blocks, then those within one block, which spares most of the float64 sums.
        probs = torch.softmax(log_probs, dim=-1)
        probs = functional.pad(probs, (0, -vocab_size % _BLOCK)).view(rows, -1, _BLOCK)
        sums = probs.sum(dim=-1, dtype=torch.float64).cumsum(dim=-1)  # (R, blocks)
        whole = sums[:, -1:]
        if bool(whole.isnan().any()):
            raise InputError(NOTHING_ALLOWED)
        share = torch.rand(whole.shape, generator=generator, dtype=torch.float64).to(sums.device) * whole
        block = _pick(sums, share)
        blocks = torch.arange(rows, device=sums.device)
        inside = probs[blocks, block].double()  # (R, _BLOCK)
        passed = sums[blocks, block] - inside.sum(dim=-1)
        within = inside.cumsum(dim=-1)
        return block * _BLOCK + _pick(within, (share - passed[:, None]).clamp(min=0))


def _pick(sums: Tensor, share: Tensor) -> Tensor:
    """The first place (R,) where the running `sums` (R, N) are above `share` (R, 1).

    A share that rounding has pushed to the last sum falls to the last place that adds something.
    """
    last = sums[:, -1:]
    below = torch.nextafter(last, torch.zeros_like(last))
    return torch.searchsorted(sums, torch.minimum(share, below), right=True)[:, 0]
