"""Where a decoder looks: scores of queries against keys, and the weights made of them.

B sentences, T queries of each, S keys of each, Q and K their widths, A the width in which they meet.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from textkit.errors import UsageError, unknown_name

Score = Literal["additive", "dot", "scaled-dot", "general"]


class AttentionScore(nn.Module, ABC):
    """How well a query fits a key. What depends on the keys alone is computed once, by `prepare`."""

    def forward(self, queries: Tensor, keys: Tensor, mask: Tensor | None = None) -> Tensor:
        """Weights (B, T, S) of `queries` (B, T, Q) over `keys` (B, S, K), see `masked_softmax`.

        `mask` (B, S) or (B, T, S) bool is true where there is something to look at.
        """
        return masked_softmax(self.scores(queries, self.prepare(keys)), mask)

    def prepare(self, keys: Tensor) -> Tensor:
        """What `scores` wants of `keys` (B, S, K), (B, S, A): the keys themselves unless said otherwise."""
        return keys

    @abstractmethod
    def scores(self, queries: Tensor, prepared: Tensor) -> Tensor:
        """Scores (B, T, S) of `queries` (B, T, Q) against `prepared` keys (B, S, A)."""


class DotScore(AttentionScore):
    """q . k, with `scaled` over sqrt(K) (Luong et al. 2015, arXiv:1508.04025, section 3.1; Vaswani et al.
    2017, arXiv:1706.03762, section 3.2.1). No weights; raises UsageError unless Q is K.

    >>> DotScore(2, 2)(torch.tensor([[[9.0, 0.0]]]), torch.eye(2)[None]).round(decimals=3)
    tensor([[[1., 0.]]])
    """

    def __init__(self, queries: int, keys: int, *, scaled: bool = False) -> None:
        super().__init__()
        if queries != keys:
            raise UsageError(
                f"a dot product needs queries as wide as keys, not {queries} and {keys}: "
                "take the general or the additive score, or change a width"
            )
        self.factor = keys**-0.5 if scaled else 1.0

    def scores(self, queries: Tensor, prepared: Tensor) -> Tensor:
        """Scores (B, T, S) of `queries` (B, T, Q) against keys (B, S, K)."""
        scaled = queries if self.factor == 1 else queries * self.factor
        return torch.bmm(scaled, prepared.transpose(1, 2))


class GeneralScore(AttentionScore):
    """q W k (Luong et al. 2015, section 3.1): the keys are taken to the queries' width once."""

    def __init__(self, queries: int, keys: int) -> None:
        super().__init__()
        self.keys = nn.Linear(keys, queries, bias=False)

    def prepare(self, keys: Tensor) -> Tensor:
        """W k, (B, S, Q), of `keys` (B, S, K)."""
        projected: Tensor = self.keys(keys)
        return projected

    def scores(self, queries: Tensor, prepared: Tensor) -> Tensor:
        """Scores (B, T, S) of `queries` (B, T, Q) against `prepared` keys (B, S, Q)."""
        return torch.bmm(queries, prepared.transpose(1, 2))


class AdditiveScore(AttentionScore):
    """v . tanh(W q + U k + b) (Bahdanau et al. 2015, arXiv:1409.0473, appendix A.1.2), A = `width`.

    All B T S A values of the hyperbolic tangent are in memory at once.
    """

    def __init__(self, queries: int, keys: int, *, width: int) -> None:
        super().__init__()
        self.queries = nn.Linear(queries, width, bias=False)
        self.keys = nn.Linear(keys, width)
        self.weight = nn.Parameter(torch.empty(width).uniform_(-(width**-0.5), width**-0.5))

    def prepare(self, keys: Tensor) -> Tensor:
        """U k + b, (B, S, A), of `keys` (B, S, K)."""
        projected: Tensor = self.keys(keys)
        return projected

    def scores(self, queries: Tensor, prepared: Tensor) -> Tensor:
        """Scores (B, T, S) of `queries` (B, T, Q) against `prepared` keys (B, S, A)."""
        met = self.queries(queries)[:, :, None] + prepared[:, None]  # (B, T, S, A)
        return torch.matmul(met.tanh_(), self.weight)


def make_score(name: Score, queries: int, *, keys: int) -> AttentionScore:
    """The score called `name` for queries and keys of these widths; additive ones meet in that of queries.

    Raises UsageError for unknown names and widths that do not fit.

    >>> make_score("general", 4, keys=6)(torch.ones(1, 2, 4), torch.ones(1, 5, 6)).shape
    torch.Size([1, 2, 5])
    """
    if name not in get_args(Score):
        raise unknown_name("attention score", name, get_args(Score))
    if name == "additive":
        return AdditiveScore(queries, keys, width=queries)
    if name == "general":
        return GeneralScore(queries, keys)
    return DotScore(queries, keys, scaled=name == "scaled-dot")


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """Weights (B, T, S) out of `scores` (B, T, S): they sum to one, and are zero where `mask` is false.

    `mask` is (B, S) or (B, T, S) bool; None: all is real. A query with nothing to look at gets zeros.

    >>> masked_softmax(torch.zeros(1, 1, 3), torch.tensor([[True, True, False]]))
    tensor([[[0.5000, 0.5000, 0.0000]]])
    """
    if mask is None:
        return torch.softmax(scores, dim=-1)
    if mask.dim() == scores.dim() - 1:
        mask = mask[:, None]
    # The lowest number and not -inf, of which a row without any real key would make NaN.
    lowest = torch.finfo(scores.dtype).min
    return torch.softmax(scores.masked_fill(~mask, lowest), dim=-1) * mask
