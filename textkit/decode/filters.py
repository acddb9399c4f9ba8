"""Filters reshape the distribution of the next id before one is drawn; each is a small value.

All take natural log probabilities (R, V) and the history (R, T), int64, the ids that each row has read
and drawn so far, and give log probabilities (R, V) that sum to one a row. A row in which nothing is left
becomes NaN, which sampling and beam search notice. What differs from sentence to sentence is a
SentenceFilter: it gives the filter of the rows of a step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from textkit.errors import UsageError

Filter = Callable[[Tensor, Tensor], Tensor]


@runtime_checkable
class SentenceFilter(Protocol):
    """What gives a filter once it is known to which of the sentences decoded together the rows belong."""

    def for_rows(self, sentences: Tensor) -> Filter:
        """The filter of rows of `sentences` (R,) int64, places in the batch that decoding began with."""
        ...


NO_HISTORY = torch.empty(1, 0, dtype=torch.long)  # for the filters that do not look at it

_COLDEST = 1e-30  # float32 log probabilities that differ do so by more, and below 1e-38 lies its zero
_FIRST_GUESS = 64  # how many of the most probable ids top-p looks at first


@dataclass(frozen=True)
class Temperature:
    """Divide log probabilities by `value`: below 1 sharpens, above 1 flattens.

    >>> Temperature(0.5)(torch.tensor([[0.8, 0.2]]).log(), NO_HISTORY).exp()
    tensor([[0.9412, 0.0588]])
    """

    value: float

    def __post_init__(self) -> None:
        if not 0 < self.value < float("inf"):
            raise UsageError(f"temperature must be a positive number, not {self.value}")

    def __call__(self, log_probs: Tensor, history: Tensor) -> Tensor:  # noqa: ARG002
        # From the maximum down, so that the most probable ids lose no digits and nothing overflows upwards.
        below = log_probs - log_probs.amax(dim=-1, keepdim=True)
        return torch.log_softmax(below.div_(max(self.value, _COLDEST)), dim=-1)


@dataclass(frozen=True)
class TopK:
    """Keep the `k` most probable ids (Fan et al. 2018, arXiv:1805.04833); of equal ones, the lower id.

    >>> TopK(1)(torch.tensor([[0.5, 0.3, 0.2]]).log(), NO_HISTORY).exp()
    tensor([[1., 0., 0.]])
    """

    k: int

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"top-k must be at least 1, not {self.k}")

    def __call__(self, log_probs: Tensor, history: Tensor) -> Tensor:  # noqa: ARG002
        vocab_size = log_probs.shape[-1]
        ranked, places = log_probs.topk(min(self.k + 1, vocab_size), dim=-1)  # (R, k + 1)
        kept = torch.full_like(places[:, :1], min(self.k, vocab_size))
        return _keep(log_probs, ranked, places, kept=kept)


@dataclass(frozen=True)
class TopP:
    """Keep the fewest most probable ids whose probabilities reach `p` (Holtzman et al. 2020,
    arXiv:1904.09751); of equal ones, the lower id.

    >>> TopP(0.7)(torch.tensor([[0.5, 0.3, 0.2]]).log(), NO_HISTORY).exp()
    tensor([[0.6250, 0.3750, 0.0000]])
    """

    p: float

    def __post_init__(self) -> None:
        if not 0 < self.p <= 1:
            raise UsageError(f"top-p must lie in (0, 1], not {self.p}")

    def __call__(self, log_probs: Tensor, history: Tensor) -> Tensor:  # noqa: ARG002
        vocab_size, count = log_probs.shape[-1], _FIRST_GUESS
        while True:  # sorting the whole vocabulary takes longer than the output layer of a small network
            ranked, places = log_probs.topk(min(count, vocab_size), dim=-1)  # (R, count)
            probs = ranked.exp()
            before = probs.cumsum(dim=-1) - probs  # the mass of those ranked above
            if count >= vocab_size or bool((before[:, -1] >= self.p).all()):
                break
            count *= 16
        kept = (before < self.p).sum(dim=-1, keepdim=True).clamp(min=1)  # whatever rounding says
        return _keep(log_probs, ranked, places, kept=kept)


@dataclass(frozen=True)
class Forbid:
    """Never choose `ids`.

    >>> Forbid((0,))(torch.tensor([[0.5, 0.25, 0.25]]).log(), NO_HISTORY).exp()
    tensor([[0.0000, 0.5000, 0.5000]])
    """

    ids: tuple[int, ...]

    def __call__(self, log_probs: Tensor, history: Tensor) -> Tensor:  # noqa: ARG002
        banned = torch.tensor(sorted(set(self.ids)), dtype=torch.long, device=log_probs.device)
        # Over what is left, 1 - p, which takes a sixth of the time of a softmax; where it is small, and so
        # has few digits, by a softmax.
        mass = log_probs.index_select(-1, banned).exp().sum(dim=-1, keepdim=True)
        changed = (log_probs - torch.log1p(-mass.clamp(max=0.5))).index_fill_(-1, banned, -torch.inf)
        rows = (mass[:, 0] > 0.5).nonzero()[:, 0]
        if len(rows):
            changed[rows] = torch.log_softmax(changed[rows], dim=-1)
        return changed


@dataclass(frozen=True)
class RepetitionPenalty:
    """Make ids of the history less likely: their scores change by the factor `penalty` (Keskar et al. 2019,
    arXiv:1909.05858, section 4.1, where 1.2 is advised), but for those of `spared`.

    Keskar et al. divide scores, which leaves open what becomes of negative ones. Here the scores are log
    probabilities, never positive, and are multiplied: p becomes p^penalty, and all are renormalised. An
    id counts once however often it was drawn; a penalty below 1 favours repetition.

    >>> RepetitionPenalty(2)(torch.tensor([[0.5, 0.25, 0.25]]).log(), torch.tensor([[0]])).exp()
    tensor([[0.3333, 0.3333, 0.3333]])
    """

    penalty: float
    spared: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.penalty < float("inf"):
            raise UsageError(f"a repetition penalty must be a positive number, not {self.penalty}")

    def __call__(self, log_probs: Tensor, history: Tensor) -> Tensor:
        scores = log_probs.gather(-1, history)  # (R, T)
        spared = torch.isin(history, torch.tensor(self.spared, dtype=torch.long, device=history.device))
        changed = log_probs.scatter(-1, history, torch.where(spared, scores, scores * self.penalty))
        return torch.log_softmax(changed, dim=-1)


@dataclass(frozen=True)
class NoRepeatNgrams:
    """Never complete an n-gram of `n` ids that the history holds already (Paulus et al. 2018,
    arXiv:1705.04304, section 2.5, with n = 3), but with an id of `spared`: an end that is also what the
    prompt begins with.

    >>> log_probs = torch.tensor([[0.5, 0.25, 0.25]]).log()
    >>> NoRepeatNgrams(2)(log_probs, torch.tensor([[2, 0, 1, 2]])).exp()  # after 2 came 0
    tensor([[0.0000, 0.5000, 0.5000]])
    """

    n: int
    spared: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.n < 1:
            raise UsageError(f"the n-grams not to repeat must hold at least 1 id, not {self.n}")

    def __call__(self, log_probs: Tensor, history: Tensor) -> Tensor:
        if history.shape[1] < self.n:
            return log_probs
        ngrams = history.unfold(1, self.n, 1)  # (R, T - n + 1, n)
        begun = history[:, history.shape[1] - self.n + 1 :]  # (R, n - 1) the last ids
        rows, places = (ngrams[..., :-1] == begun[:, None]).all(dim=-1).nonzero(as_tuple=True)
        changed = log_probs.clone()
        changed[rows, ngrams[rows, places, -1]] = -torch.inf
        changed[:, list(self.spared)] = log_probs[:, list(self.spared)]
        return torch.log_softmax(changed, dim=-1)


@dataclass(frozen=True)
class MinimumLength:
    """Do not choose `end` before `length` ids were drawn after a prompt of `prompt` ids.

    >>> not_yet = MinimumLength(2, end=0, prompt=1)
    >>> log_probs = torch.tensor([[0.5, 0.25, 0.25]]).log()
    >>> not_yet(log_probs, torch.tensor([[0, 1]])).exp()
    tensor([[0.0000, 0.5000, 0.5000]])
    >>> not_yet(log_probs, torch.tensor([[0, 1, 1]])).exp()
    tensor([[0.5000, 0.2500, 0.2500]])
    """

    length: int
    end: int
    prompt: int

    def __call__(self, log_probs: Tensor, history: Tensor) -> Tensor:
        if history.shape[1] - self.prompt >= self.length:
            return log_probs
        return Forbid((self.end,))(log_probs, history)


def _keep(log_probs: Tensor, ranked: Tensor, places: Tensor, *, kept: Tensor) -> Tensor:
    """Only the `kept` (R, 1) most probable ids of each row, the lower of equal ones first, renormalised.

    `ranked` and `places` (R, M) are what topk gives: M is above every `kept`, or V.
    """
    least = ranked.gather(-1, kept - 1)  # (R, 1)
    count = ranked.shape[1]
    beyond = ranked.gather(-1, kept.clamp(max=count - 1))  # the next one, where there is one
    if bool(((least > beyond) | (kept == count)).all()):  # topk has no choice to make
        inside = torch.arange(count, device=kept.device) < kept
        chosen = torch.log_softmax(ranked.masked_fill(~inside, -torch.inf), dim=-1)
        return torch.full_like(log_probs, -torch.inf).scatter_(-1, places, chosen)
    above, equal = log_probs > least, log_probs == least
    room = kept - above.sum(dim=-1, keepdim=True)
    best = above | (equal & (equal.cumsum(dim=-1) <= room))
    return torch.log_softmax(log_probs.masked_fill(~best, -torch.inf), dim=-1)
