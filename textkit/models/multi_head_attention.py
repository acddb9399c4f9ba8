"""Multi-head attention written out head by head, to read and to check fused versions against.

B rows, T queries and S keys of each, D width, H heads of width d = D / H.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from textkit.errors import UsageError


class Attended(NamedTuple):
    """What was read, `outputs` (B, T, D), and where: `weights` (B, H, T, S), each row summing to one."""

    outputs: Tensor
    weights: Tensor


class MultiHeadAttention(nn.Module):
    """Concat(head_1 .. head_H) W_o, head_i = softmax(Q_i K_i' / sqrt(d)) V_i  (Vaswani et al. 2017,
    arXiv:1706.03762, section 3.2), with Q_i, K_i, V_i the i-th parts of queries W_q, keys W_k, values W_v.

    Equal to torch.nn.MultiheadAttention with the same weights; the networks here use faster ones. It
    keeps nothing of a call: the weights, for a picture, are returned. Raises UsageError for a width that
    heads do not divide.

    >>> attention = MultiHeadAttention(8, 2)
    >>> outputs, weights = attention(torch.zeros(3, 4, 8), torch.zeros(3, 5, 8), torch.zeros(3, 5, 8))
    >>> outputs.shape, weights.shape
    (torch.Size([3, 4, 8]), torch.Size([3, 2, 4, 5]))
    """

    def __init__(self, width: int, heads: int, *, bias: bool = True) -> None:
        super().__init__()
        if min(width, heads) < 1 or width % heads:
            raise UsageError(f"width must be a multiple of heads: width {width}, heads {heads}")
        self.heads = heads
        self.queries = nn.Linear(width, width, bias=bias)  # W_q
        self.keys = nn.Linear(width, width, bias=bias)  # W_k
        self.values = nn.Linear(width, width, bias=bias)  # W_v
        self.output = nn.Linear(width, width, bias=bias)  # W_o

    def forward(
        self, queries: Tensor, keys: Tensor, values: Tensor, *, mask: Tensor | None = None
    ) -> Attended:
        """Let `queries` (B, T, D) look at `keys` (B, S, D) and mix `values` (B, S, D).

        `mask` (B, T, S) or (B, 1, S) bool is true where a query may look; elsewhere its weight is zero.
        A query that may look nowhere mixes zeros.
        """
        q = self._split(self.queries(queries))  # (B, H, T, d)
        k = self._split(self.keys(keys))  # (B, H, S, d)
        v = self._split(self.values(values))  # (B, H, S, d)
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])  # (B, H, T, S)
        if mask is None:
            weights = scores.softmax(dim=3)
        else:
            allowed = mask[:, None]  # the same for all heads
            weights = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(dim=3) * allowed
        heads = weights @ v  # (B, H, T, d)
        joined = heads.transpose(1, 2).flatten(2)  # (B, T, D): the heads' results side by side
        return Attended(self.output(joined), weights)

    def _split(self, projected: Tensor) -> Tensor:
        """(B, T, D) as (B, H, T, d): head i has columns i d to (i + 1) d."""
        rows, steps, width = projected.shape
        return projected.view(rows, steps, self.heads, width // self.heads).transpose(1, 2)
