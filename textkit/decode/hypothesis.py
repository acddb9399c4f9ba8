"""A continuation that was found, and what it is ranked by."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from textkit.errors import UsageError


@dataclass(frozen=True)
class Hypothesis:
    """A continuation: its `ids` without the prompt and without the stop id.

    `log_prob` is the natural log probability of the ids, and of the stop id when it is `finished`, by the
    model; `token_log_probs` are its parts, one an id. `score` is what it was ranked by: the same after the
    filters, over the length penalty, with the coverage penalty. `attention`, where it was asked for, is
    (T, N): the weights that the steps of the source had when each id was chosen. A finished hypothesis has
    a last part and a last row for the stop id.
    """

    ids: tuple[int, ...]
    log_prob: float
    score: float
    finished: bool
    token_log_probs: tuple[float, ...] = field(default=(), compare=False)
    attention: Tensor | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Ranking:
    """How finished hypotheses are compared (Wu et al. 2016, arXiv:1609.08144, equation 14): their sum of log
    probabilities over a length penalty, plus a coverage penalty.

    Raises UsageError for penalties that are negative or not finite.
    """

    length_penalty: float = 0.0
    coverage_penalty: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("length", self.length_penalty), ("coverage", self.coverage_penalty)):
            if not 0 <= value < float("inf"):
                raise UsageError(f"the {name} penalty must be 0 or a positive number, not {value}")

    def score(self, total: float, length: int, attention: Tensor | None) -> float:
        """Of a sum of log probabilities `total` over `length` ids; `attention` (T, N) counts if it must."""
        score = total / length_penalty_of(length, self.length_penalty)
        if self.coverage_penalty and attention is not None:
            score += coverage_penalty_of(attention, self.coverage_penalty)
        return score


def length_penalty_of(length: int, alpha: float) -> float:
    """What a sum of log probabilities is divided by: ((5 + length) / 6)^alpha (Wu et al. 2016,
    arXiv:1609.08144, equation 14).

    >>> length_penalty_of(1, 0.6), length_penalty_of(7, 1.0)
    (1.0, 2.0)
    """
    return float(((5 + length) / 6) ** alpha)


def coverage_penalty_of(attention: Tensor, beta: float) -> float:
    """What is added for the weights `attention` (T, N) of T ids on N steps of the source: beta times the sum
    over the steps of log min(what a step got in all, 1), never above 0 (Wu et al. 2016, equation 14).

    Steps that got no weight at all are taken for padding and do not count.

    >>> import torch
    >>> round(coverage_penalty_of(torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]), 1.0), 4)
    -0.6931
    """
    got = attention.sum(dim=0, dtype=attention.dtype)
    return beta * float(got[got > 0].clamp(max=1).log().sum())
