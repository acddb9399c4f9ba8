"""Filters reshape the distribution of the next id before one is drawn; each is a small value.

All take natural log probabilities (R, V) and give log probabilities (R, V) that sum to one a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from textkit.errors import UsageError

Filter = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Temperature:
    """Divide log probabilities by `value`: below 1 sharpens, above 1 flattens.

    >>> Temperature(0.5)(torch.tensor([[0.8, 0.2]]).log()).exp()
    tensor([[0.9412, 0.0588]])
    """

    value: float

    def __post_init__(self) -> None:
        if not 0 < self.value < float("inf"):
            raise UsageError(f"temperature must be a positive number, not {self.value}")

    def __call__(self, log_probs: Tensor) -> Tensor:
        # In float64 and from the maximum down, so that no temperature overflows.
        below = log_probs.double() - log_probs.max(dim=-1, keepdim=True).values
        return torch.log_softmax(below / self.value, dim=-1).to(log_probs.dtype)


@dataclass(frozen=True)
class TopK:
    """Keep the `k` most probable ids (Fan et al. 2018, arXiv:1805.04833); of equal ones, the lower id.

    >>> TopK(1)(torch.tensor([[0.5, 0.3, 0.2]]).log()).exp()
    tensor([[1., 0., 0.]])
    """

    k: int

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"top-k must be at least 1, not {self.k}")

    def __call__(self, log_probs: Tensor) -> Tensor:
        least = log_probs.topk(min(self.k, log_probs.shape[-1]), dim=-1).values[:, -1:]  # (R, 1)
        above, equal = log_probs > least, log_probs == least
        room = self.k - above.sum(dim=-1, keepdim=True)
        return _keep(log_probs, above | (equal & (equal.cumsum(dim=-1) <= room)))


@dataclass(frozen=True)
class TopP:
    """Keep the fewest most probable ids whose probabilities reach `p` (Holtzman et al. 2020,
    arXiv:1904.09751).

    >>> TopP(0.7)(torch.tensor([[0.5, 0.3, 0.2]]).log()).exp()
    tensor([[0.6250, 0.3750, 0.0000]])
    """

    p: float

    def __post_init__(self) -> None:
        if not 0 < self.p <= 1:
            raise UsageError(f"top-p must lie in (0, 1], not {self.p}")

    def __call__(self, log_probs: Tensor) -> Tensor:
        ranked = log_probs.sort(dim=-1, descending=True, stable=True)
        before = ranked.values.exp().cumsum(dim=-1) - ranked.values.exp()  # (R, V) mass of those ranked above
        reached = before < self.p
        reached[:, 0] = True  # whatever rounding says
        kept = torch.zeros_like(log_probs, dtype=torch.bool).scatter(-1, ranked.indices, reached)
        return _keep(log_probs, kept)


@dataclass(frozen=True)
class Forbid:
    """Never choose `ids`.

    >>> Forbid((0,))(torch.tensor([[0.5, 0.25, 0.25]]).log()).exp()
    tensor([[0.0000, 0.5000, 0.5000]])
    """

    ids: tuple[int, ...]

    def __call__(self, log_probs: Tensor) -> Tensor:
        banned = torch.tensor(self.ids, dtype=torch.long)
        return torch.log_softmax(log_probs.index_fill(-1, banned, -torch.inf), dim=-1)


def _keep(log_probs: Tensor, kept: Tensor) -> Tensor:
    """Only the ids where `kept` (R, V) is true, renormalised."""
    return torch.log_softmax(log_probs.masked_fill(~kept, -torch.inf), dim=-1)
