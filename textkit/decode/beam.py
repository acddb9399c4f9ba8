"""Beam search over any step model: the most probable continuations instead of drawn ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from textkit.decode.filters import Filter
from textkit.decode.prompt import read_prompt
from textkit.decode.sample import NOTHING_ALLOWED
from textkit.errors import InputError, UsageError
from textkit.models.step_model import StepModel


@dataclass(frozen=True)
class Hypothesis:
    """A continuation: its `ids` without the prompt and without the stop id.

    `log_prob` is the natural log probability of the ids, and of the stop id when it is `finished`, by the
    model. `score` is what it was ranked by: the same after the filters, over the length penalty.
    """

    ids: tuple[int, ...]
    log_prob: float
    score: float
    finished: bool


def length_penalty_of(length: int, alpha: float) -> float:
    """What a sum of log probabilities is divided by: ((5 + length) / 6)^alpha (Wu et al. 2016,
    arXiv:1609.08144, equation 14).

    >>> length_penalty_of(1, 0.6), length_penalty_of(7, 1.0)
    (1.0, 2.0)
    """
    return float(((5 + length) / 6) ** alpha)


def beam_search(
    model: StepModel[Any],
    prompt: Sequence[int],
    *,
    width: int,
    length: int,
    stop: int | None = None,
    filters: Sequence[Filter] = (),
    length_penalty: float = 0.0,
    n_best: int = 1,
) -> list[Hypothesis]:
    """The best continuations of `prompt` that a beam of `width` finds, best first, at most `n_best`.

    A hypothesis is finished when `stop` is among the `width` best extensions of all that are running; the
    search goes on until none of those running can still come among the `n_best`, or for `length` ids, the
    stop id included. Those still running then are ranked with the rest. `length_penalty` is Wu et al.'s
    alpha: 0 ranks by probability, which favours short hypotheses; the stop id counts as length. Of equals
    the one from the better hypothesis comes first, then the one with the lower id. Width 1 without a
    length penalty is the greedy choice. Each row of the model is a hypothesis, so a step costs one call
    however wide the beam is.

    Raises InputError when the model or the filters leave nothing to choose, UsageError for sizes below 1,
    `n_best` above `width`, or a negative length penalty.
    """
    if min(width, length, n_best) < 1 or n_best > width:
        raise UsageError(
            "a beam needs a width and a length of at least 1 and no more results than its width, "
            f"not {width}, {length} and {n_best}"
        )
    if not 0 <= length_penalty < float("inf"):
        raise UsageError(f"the length penalty must be 0 or a positive number, not {length_penalty}")
    log_probs, state = read_prompt(model, prompt, rows=1)
    beam = _Beam(torch.tensor([list(prompt)], device=log_probs.device), known=len(prompt))
    finished: list[Hypothesis] = []
    for drawn in range(1, length + 1):
        penalty = length_penalty_of(drawn, length_penalty)
        grown = beam.extend(log_probs, filters=filters, count=2 * width)  # at most half of them end
        ends = grown.ids[:, -1] == (-1 if stop is None else stop)
        finished += grown.take(ends[:width].nonzero()[:, 0]).hypotheses(penalty, finished=True)
        beam = grown.take((~ends).nonzero()[:width, 0])
        if drawn == length or not len(beam.ids):
            break
        finished = _best(finished, n_best)
        hope = float(beam.scores[0]) / length_penalty_of(length, length_penalty)
        if len(finished) == n_best and finished[-1].score >= hope:
            return finished
        if beam.rows.tolist() != list(range(len(log_probs))):
            state = model.reorder(state, beam.rows)
        log_probs, state = model.step(beam.ids[:, -1], state)
    finished += beam.hypotheses(penalty, finished=False)
    if not finished:
        raise InputError(NOTHING_ALLOWED)
    return _best(finished, n_best)


@dataclass(frozen=True)
class _Beam:
    """R hypotheses, the best first; `rows` (R,) are those that they extend.

    `ids` (R, T) hold `known` ids of the prompt first; `scores` and `log_probs` (R,) float64 are sums with
    and without filters.
    """

    ids: Tensor
    known: int
    rows: Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.long))
    scores: Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.float64))
    log_probs: Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.float64))

    def extend(self, log_probs: Tensor, *, filters: Sequence[Filter], count: int) -> _Beam:
        """The `count` best extensions by one id, given the `log_probs` (R, V) of the next ids."""
        reshaped = log_probs
        for reshape in filters:
            reshaped = reshape(reshaped, self.ids)
        # A row in which filters left nothing is NaN; one that the model gives nothing is -inf.
        reshaped = reshaped.double().nan_to_num(nan=-torch.inf, neginf=-torch.inf)
        scores = self.scores.to(reshaped.device)[:, None] + reshaped  # (R, V)
        rows, ids = _highest(scores, count)
        return _Beam(
            torch.cat([self.ids[rows], ids[:, None]], dim=1),
            self.known,
            rows,
            scores[rows, ids],
            self.log_probs.to(rows.device)[rows] + log_probs[rows, ids],
        )

    def take(self, places: Tensor) -> _Beam:
        """The hypotheses at `places` (N,)."""
        return _Beam(
            self.ids[places], self.known, self.rows[places], self.scores[places], self.log_probs[places]
        )

    def hypotheses(self, penalty: float, *, finished: bool) -> list[Hypothesis]:
        """All of them as results; the last id of `finished` ones is the stop id."""
        until = -1 if finished else None
        rows = zip(
            self.ids[:, self.known : until].tolist(),
            self.log_probs.tolist(),
            self.scores.tolist(),
            strict=True,
        )
        return [Hypothesis(tuple(ids), log_prob, score / penalty, finished) for ids, log_prob, score in rows]


def _highest(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Rows and columns (N,) of the `count` highest of `scores` (R, V), fewer where they are -inf.

    Of equal ones the first row's, then the lower column's: topk alone would choose at its pleasure.
    """
    flat = scores.flatten()
    least = flat.topk(min(count, len(flat))).values[-1]
    places = ((flat >= least) & (flat > -torch.inf)).nonzero()[:, 0]
    order = flat[places].sort(descending=True, stable=True).indices[:count]
    places = places[order]
    return places // scores.shape[1], places % scores.shape[1]


def _best(hypotheses: list[Hypothesis], count: int) -> list[Hypothesis]:
    """The `count` best, the best first; of equal ones the one with the lower ids."""
    return sorted(hypotheses, key=lambda hypothesis: (-hypothesis.score, hypothesis.ids))[:count]
