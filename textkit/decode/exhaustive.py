"""Looking at every continuation, where there are few: what other searches are measured by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from textkit.decode.hypothesis import Hypothesis, Ranking
from textkit.decode.prompt import prompt_rows, read_prompts
from textkit.errors import UsageError
from textkit.models.step_model import StepModel

_MOST = 200_000  # continuations: more take gigabytes and minutes


def exhaustive_search(
    model: StepModel[Any],
    prompt: Sequence[int],
    *,
    length: int,
    stop: int | None = None,
    length_penalty: float = 0.0,
) -> list[Hypothesis]:
    """Every continuation of `prompt` (ids) that ends with `stop` within `length` ids, that id included, or
    has so many ids without it; the best first, of equals the one with the lower ids.

    Those that the model finds impossible are left out, so the probabilities of the rest sum to one. Nothing
    is thrown away, as Viterbi's algorithm does where the model forgets: only of hypotheses that a model can
    no longer tell apart, because it reads the last n ids alone, may all but the best go. Raises UsageError
    for a length below 1 and for more continuations than can be looked at.
    """
    if length < 1:
        raise UsageError(f"a search needs a length of at least 1, not {length}")
    ranking, ids = Ranking(length_penalty), prompt_rows(prompt)
    known = ids.shape[1]
    found: list[Hypothesis] = []
    with torch.no_grad():
        log_probs, state = read_prompts(model, ids)
        if log_probs.shape[1] ** length > _MOST:
            raise UsageError(
                f"{log_probs.shape[1]} ids make more than {_MOST} continuations of length {length}: "
                "use a beam, or a shorter length"
            )
        ids, parts = ids.cpu(), torch.empty(1, 0)
        for drawn in range(1, length + 1):
            rows, chosen = (log_probs > -torch.inf).nonzero(as_tuple=True)
            ids = torch.cat([ids[rows.cpu()], chosen.cpu()[:, None]], dim=1)
            parts = torch.cat([parts[rows.cpu()], log_probs[rows, chosen].float().cpu()[:, None]], dim=1)
            ended = ids[:, -1] == (-1 if stop is None else stop)
            over = torch.ones_like(ended) if drawn == length else ended
            for row in over.nonzero()[:, 0].tolist():
                total = parts[row].sum(dtype=torch.float64).item()
                whole, finished = tuple(ids[row, known:].tolist()), bool(ended[row])
                found.append(
                    Hypothesis(
                        whole[:-1] if finished else whole,
                        total,
                        ranking.score(total, drawn, None),
                        finished,
                        tuple(parts[row].tolist()),
                    )
                )
            going = (~over).nonzero()[:, 0]
            if not len(going):
                break
            ids, parts = ids[going], parts[going]
            state = model.reorder(state, rows[going.to(rows.device)])
            log_probs, state = model.step(ids[:, -1].to(log_probs.device), state)
    return sorted(found, key=lambda each: (-each.score, each.ids))
