"""Multi-head self-attention with a cache of keys and values (Vaswani et al. 2017, arXiv:1706.03762).

B rows, T time, P the steps read before, D width, H heads of width d = D / H.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.models.positions import Rotation, rotate


class Cache(NamedTuple):
    """Keys and values of what was read so far, both (B, H, P, d), keys already turned by their places."""

    keys: Tensor
    values: Tensor


class SelfAttention(nn.Module):
    """Each step looks at itself and at the steps before it: softmax(Q K' / sqrt(d)) V in every head.

    One matrix gives queries, keys and values (in this order, as in torch's MultiheadAttention); there
    are no biases.

    >>> attention = SelfAttention(8, 2)
    >>> outputs, cache = attention(torch.zeros(3, 5, 8))
    >>> outputs.shape, cache.keys.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 2, 5, 4]))
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.inputs = nn.Linear(width, 3 * width, bias=False)
        self.output = nn.Linear(width, width, bias=False)

    def forward(
        self, x: Tensor, *, rotation: Rotation | None = None, cache: Cache | None = None
    ) -> tuple[Tensor, Cache]:
        """Read `x` (B, T, D) after what `cache` holds; the outputs (B, T, D) and the longer cache.

        `rotation` has the T places of `x`, where positions are rotary.
        """
        batch, steps, width = x.shape
        heads = self.inputs(x).view(batch, steps, 3, self.heads, width // self.heads)
        queries, keys, values = heads.permute(2, 0, 3, 1, 4)  # (B, H, T, d) each
        if rotation is not None:
            queries, keys = rotate(queries, rotation), rotate(keys, rotation)
        if cache is not None:
            keys = torch.cat((cache.keys, keys), dim=2)  # (B, H, P+T, d)
            values = torch.cat((cache.values, values), dim=2)
        mixed = attend(queries, keys, values)
        return self.output(mixed.transpose(1, 2).reshape(batch, steps, width)), Cache(keys, values)


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Causal attention of T `queries` (B, H, T, d) to P+T `keys` and `values` (B, H, P+T, d).

    Gives the mixed values (B, H, T, d): the query of step P+t sees the steps up to P+t.
    """
    steps, known = queries.shape[2], keys.shape[2]
    causal, seen = bool(steps == known), None  # the fast kernels know this case by name and need no mask
    if 1 < steps < known:
        seen = torch.ones(steps, known, dtype=torch.bool, device=keys.device).tril(known - steps)
    return mix(queries, keys, values, seen=seen, causal=causal)


def mix(
    queries: Tensor, keys: Tensor, values: Tensor, *, seen: Tensor | None = None, causal: bool = False
) -> Tensor:
    """softmax(Q K' / sqrt(d)) V in every head: T `queries` (B, H, T, d), S `keys` and `values` (B, H, S, d).

    `seen` says which key a query sees, (B, 1 or H, 1 or T, S) or what broadcasts to it: bool, or numbers
    that are added, -inf for none. `causal` goes without it and lets query t see the keys up to t.
    """
    mixed = functional.scaled_dot_product_attention
    if queries.dtype != torch.bfloat16 or queries.device.type != "cpu" or not torch.is_grad_enabled():
        return mixed(queries, keys, values, attn_mask=seen, is_causal=causal)
    with torch.autocast("cpu", enabled=False):  # backwards the bfloat16 kernel is four times slower than this
        return mixed(queries.float(), keys.float(), values.float(), attn_mask=seen, is_causal=causal)
