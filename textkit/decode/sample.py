"""Ancestral sampling over any step model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from textkit.decode.filters import Filter, SentenceFilter
from textkit.decode.hypothesis import Hypothesis
from textkit.decode.prompt import prompt_rows, read_prompts
from textkit.decode.scores import ChoiceScores
from textkit.errors import InputError, UsageError
from textkit.models.step_model import StepModel

NOTHING_ALLOWED = "the model gives no probability to any token allowed here; use a smoothed model"

_BLOCK = 512  # probabilities summed at once


class Drawn(NamedTuple):
    """One id for each of R rows: `ids` (R,) int64 and their `log_probs` (R,) by the model, before filters."""

    ids: Tensor
    log_probs: Tensor


def draw(
    model: StepModel[Any],
    prompt: Sequence[int] | Tensor,
    *,
    length: int,
    generator: torch.Generator,
    filters: Sequence[Filter | SentenceFilter] = (),
    rows: int = 1,
    stop: int | None = None,
) -> Iterator[Drawn]:
    """Draw the ids that continue `prompt`, one step at a time, for `length` steps or until asked no more.

    `prompt` are the ids of one or, for several sentences at once, a tensor (S, P): then R is S * rows, and
    the rows of a sentence stand together. What is drawn is read only when the next step is asked for.
    `filters` reshape each distribution in order. Rows are drawn together from one generator, so row i
    depends on how many rows there are. When all rows of a sentence have drawn `stop`, the model is not asked
    about them any more: from then on they have that id with probability 1. When all rows have, it is over.

    Raises InputError when the model or the filters leave nothing to choose, UsageError for an empty
    prompt.
    """
    prompts = prompt_rows(prompt)
    log_probs, state = read_prompts(model, prompts, copies=rows)
    device, begin = log_probs.device, prompts.shape[1]
    history = torch.empty(len(prompts) * rows, begin + length, dtype=torch.long, device=device)
    history[:, :begin] = prompts.to(device).repeat_interleave(rows, dim=0)
    asked: Tensor | slice = slice(None)  # the rows that the model is still asked about
    sentences = torch.arange(len(prompts)).repeat_interleave(rows)
    scores_of = ChoiceScores(model, filters)
    for known in range(begin, begin + length):
        if known > begin:
            running = None if stop is None else _running(history[asked, begin:known], stop, rows=rows)
            if running is not None:
                if not len(running):
                    return
                asked = torch.arange(len(history), device=device)[asked][running]
                state = model.reorder(state, running)
            log_probs, state = model.step(history[asked, known - 1], state)
        with torch.inference_mode():
            of = sentences[asked.cpu() if isinstance(asked, Tensor) else asked]
            scores = scores_of(log_probs, state, history=history[asked, :known], sentences=of)
        chosen = choose(scores, generator=generator)
        own = log_probs.gather(-1, chosen[:, None])[:, 0]
        if isinstance(asked, Tensor):
            assert stop is not None
            ids = torch.full_like(history[:, 0], stop).index_copy(0, asked, chosen)
            own = own.new_zeros(len(history)).index_copy(0, asked, own)
            chosen = ids
        history[:, known] = chosen
        yield Drawn(chosen, own)


def _running(drawn: Tensor, stop: int, *, rows: int) -> Tensor | None:
    """Of rows that drew `drawn` (R, T), `rows` a sentence, those of sentences that go on; None if all do."""
    going = (drawn != stop).all(dim=1).view(-1, rows).any(dim=1)
    return None if bool(going.all()) else going.repeat_interleave(rows).nonzero()[:, 0]


def samples(
    model: StepModel[Any],
    prompts: Tensor,
    *,
    lengths: Sequence[int],
    generator: torch.Generator,
    stop: int | None = None,
    filters: Sequence[Filter | SentenceFilter] = (),
    count: int = 1,
) -> list[list[Hypothesis]]:
    """For each of `prompts` (S, P) `count` continuations, as they were drawn, up to `lengths[s]` ids each.

    One is finished when it drew `stop`, which counts among its length. Nothing ranks them: `score` is
    `log_prob`. Raises UsageError for lengths or a `count` below 1, else as `draw`.
    """
    if len(lengths) != len(prompts) or min((count, *lengths)) < 1:
        raise UsageError("samples need a length of at least 1 for each prompt, and a count of at least 1")
    if not lengths:
        return []
    ids: list[list[int]] = [[] for _ in range(len(prompts) * count)]
    logs: list[list[float]] = [[] for _ in ids]
    running = set(range(len(ids)))
    for drawn in draw(
        model, prompts, length=max(lengths), generator=generator, filters=filters, rows=count, stop=stop
    ):
        chosen, own = drawn.ids.tolist(), drawn.log_probs.tolist()
        for row in tuple(running):
            ids[row].append(chosen[row])
            logs[row].append(own[row])
            if chosen[row] == stop or len(ids[row]) == lengths[row // count]:
                running.discard(row)
        if not running:
            break
    found = [_drawn(row, log, stop=stop) for row, log in zip(ids, logs, strict=True)]
    return [found[first : first + count] for first in range(0, len(found), count)]


def _drawn(ids: list[int], log_probs: list[float], *, stop: int | None) -> Hypothesis:
    """What was drawn, the stop id included, as a result."""
    finished, total = ids[-1] == stop, sum(log_probs)
    return Hypothesis(tuple(ids[:-1] if finished else ids), total, total, finished, tuple(log_probs))


def sample(
    model: StepModel[Any],
    prompt: Sequence[int],
    *,
    length: int,
    generator: torch.Generator,
    filters: Sequence[Filter | SentenceFilter] = (),
    stop: int | None = None,
    rows: int = 1,
) -> list[list[int]]:
    """Draw `rows` continuations of `prompt` (ids), up to `length` ids each, without the prompt.

    `prompt` begins with the id that begins a line. With `stop`, a row ends before that id. Otherwise
    as `draw`.
    """
    found = samples(
        model,
        prompt_rows(prompt),
        lengths=[length],
        generator=generator,
        stop=stop,
        filters=filters,
        count=rows,
    )
    return [list(each.ids) for each in found[0]]


def choose(scores: Tensor, *, generator: torch.Generator) -> Tensor:
    """An id for each row (R,), drawn from the softmax of `scores` (R, V).

    Raises InputError when nothing has a probability.
    """
    with torch.inference_mode():
        rows, vocab_size = scores.shape
        # Of running sums, the first above a random share of the whole: torch.multinomial takes ten times as
        # long. First the sums of blocks, then those within one block, which spares most of the float64 sums.
        probs = torch.softmax(scores, dim=-1)
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
