"""The layers of an encoder-decoder Transformer (Vaswani et al. 2017, arXiv:1706.03762).

B pairs, T steps of a layer's own sequence, S source steps, D width, H heads of width d = D / H. Between
layers a batch is (B T, D), one row a step: products and norms do not care where sequences end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from textkit.models.attention import mix
from textkit.models.fused_dropout import add_dropped, dropout, rectified_dropout

EPSILON = 1e-6  # of layer norms: JoeyNMT's, which CTranslate2 takes too


@dataclass(frozen=True)
class LayerSettings:
    """What all layers have in common: the width D, H `heads`, the `inner` width of the feed-forward part,
    `pre` for norms before each part rather than after its addition, the shares dropped, and `written_out`
    for attention as its formula rather than torch's fused kernel.
    """

    width: int
    heads: int
    inner: int
    pre: bool
    dropout: float
    attention_dropout: float
    written_out: bool


class Seen(NamedTuple):
    """Which steps queries see: `bias` is added to scores, `causal` lets step t see the steps up to t.

    Where padding is left out of the rows, `real` (N,) are their places among the B T with padding.
    """

    bias: Tensor | None = None
    causal: bool = False
    real: Tensor | None = None

    def padded(self, rows: Tensor) -> Tensor:
        """`rows` (N, D) at their places, zeros elsewhere: (B T, D); as they are where all are there."""
        if self.real is None:
            return rows
        assert self.bias is not None
        places = self.bias.shape[0] * self.bias.shape[3]
        return rows.new_zeros(places, rows.shape[1]).index_copy_(0, self.real, rows)

    def unpadded(self, rows: Tensor) -> Tensor:
        """What `padded` was given, of `rows` (B T, D)."""
        return rows if self.real is None else rows.index_select(0, self.real)


def padding_bias(lengths: Tensor, steps: int) -> Tensor | None:
    """0 where a step is within its sequence and -inf beyond, (B, 1, 1, S); None where all are full.

    >>> padding_bias(torch.tensor([2, 1]), 2)[:, 0, 0]
    tensor([[0., 0.],
            [0., -inf]])
    """
    if bool((lengths >= steps).all()):
        return None
    beyond = torch.arange(steps, device=lengths.device) >= lengths[:, None]
    zeros = torch.zeros(beyond.shape, device=lengths.device)
    return zeros.masked_fill(beyond, -math.inf)[:, None, None]


def heads_of(rows: Tensor, parts: int, *, heads: int, batch: int) -> tuple[Tensor, ...]:
    """Rows (B T, parts * D) as `parts` tensors (B, H, T, d), which share its memory."""
    steps = rows.shape[0] // batch
    return rows.view(batch, steps, parts, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def attention_weights(queries: Tensor, keys: Tensor, bias: Tensor | None) -> Tensor:
    """softmax(Q K' / sqrt(d) + bias) in float32, (B, H, T, S)."""
    scores = (queries.float() / math.sqrt(queries.shape[-1])) @ keys.float().transpose(2, 3)
    return torch.softmax(scores if bias is None else scores + bias, dim=-1)


class _Attention(nn.Module):
    """What both kinds of attention share: how queries find, and the matrix that follows."""

    output: nn.Linear

    def __init__(self, settings: LayerSettings) -> None:
        super().__init__()
        self.heads, self.p = settings.heads, settings.attention_dropout
        self.written_out = settings.written_out

    def found(self, queries: Tensor, keys: Tensor, values: Tensor, seen: Seen) -> Tensor:
        """What queries (B, H, T, d) find, as rows (B T, D), without padding where `seen` leaves it out."""
        batch, heads, steps, width = queries.shape
        p = self.p if self.training else 0.0
        if p == 0 and not self.written_out:
            mixed = mix(queries, keys, values, seen=seen.bias, causal=seen.causal)
        else:
            bias = seen.bias
            if seen.causal:
                bias = torch.full((steps, steps), -math.inf, device=queries.device).triu(1)
            with torch.autocast(queries.device.type, enabled=False):
                mixed = dropout(attention_weights(queries, keys, bias), p) @ values.float()
        rows = mixed.transpose(1, 2).reshape(batch * steps, heads * width)
        outputs: Tensor = self.output(seen.unpadded(rows))
        return outputs


class OwnAttention(_Attention):
    """Steps of a sequence look at one another; one matrix gives queries, keys and values, in this order."""

    def __init__(self, settings: LayerSettings) -> None:
        super().__init__(settings)
        self.inputs = nn.Linear(settings.width, 3 * settings.width)
        self.output = nn.Linear(settings.width, settings.width)

    def forward(self, rows: Tensor, batch: int, seen: Seen) -> Tensor:
        """`rows` (B T, D), or (N, D) without padding, to as many."""
        inputs = seen.padded(self.inputs(rows))
        queries, keys, values = heads_of(inputs, 3, heads=self.heads, batch=batch)
        return self.found(queries, keys, values, seen)


class MemoryAttention(_Attention):
    """Steps of the target look at the encoded source; one matrix gives its keys and values, in this order."""

    def __init__(self, settings: LayerSettings) -> None:
        super().__init__(settings)
        self.queries = nn.Linear(settings.width, settings.width)
        self.memory = nn.Linear(settings.width, 2 * settings.width)
        self.output = nn.Linear(settings.width, settings.width)

    def forward(self, rows: Tensor, memory: Tensor, batch: int, seen: Seen) -> Tensor:
        """`rows` (B T, D) and `memory` (B S, D) to (B T, D)."""
        (queries,) = heads_of(self.queries(rows), 1, heads=self.heads, batch=batch)
        keys, values = heads_of(self.memory(memory), 2, heads=self.heads, batch=batch)
        return self.found(queries, keys, values, seen)


class FeedForward(nn.Module):
    """W2 dropout(relu(W1 x + b1)) + b2, each step for itself (section 3.3)."""

    def __init__(self, settings: LayerSettings) -> None:
        super().__init__()
        self.p = settings.dropout
        self.input = nn.Linear(settings.width, settings.inner)
        self.output = nn.Linear(settings.inner, settings.width)

    def forward(self, rows: Tensor) -> Tensor:
        """`rows` (N, D) to (N, D)."""
        inner = rectified_dropout(self.input(rows), self.p, training=self.training)
        outputs: Tensor = self.output(inner)
        return outputs


class _Layer(nn.Module):
    """Parts that are each added to what they read: x + f(norm(x)), or norm(x + f(x)) with norms after."""

    def __init__(self, settings: LayerSettings) -> None:
        super().__init__()
        self.pre, self.p = settings.pre, settings.dropout
        self.attention_norm = nn.LayerNorm(settings.width, eps=EPSILON)
        self.attention = OwnAttention(settings)
        self.feed_forward_norm = nn.LayerNorm(settings.width, eps=EPSILON)
        self.feed_forward = FeedForward(settings)

    def before(self, x: Tensor, norm: nn.LayerNorm) -> Tensor:
        """What a part reads."""
        read: Tensor = norm(x) if self.pre else x
        return read

    def after(self, x: Tensor, added: Tensor, norm: nn.LayerNorm) -> Tensor:
        """`x` with what a part made of it."""
        summed = add_dropped(x, added, self.p, training=self.training)
        result: Tensor = summed if self.pre else norm(summed)
        return result

    def reason(self, x: Tensor) -> Tensor:
        """The last part: the feed-forward layer."""
        norm = self.feed_forward_norm
        return self.after(x, self.feed_forward(self.before(x, norm)), norm)


class EncoderLayer(_Layer):
    """Attention to the own sequence, then the feed-forward part."""

    def forward(self, x: Tensor, batch: int, seen: Seen) -> Tensor:
        """`x` (B S, D) to (B S, D)."""
        norm = self.attention_norm
        x = self.after(x, self.attention(self.before(x, norm), batch, seen), norm)
        return self.reason(x)


class DecoderLayer(_Layer):
    """Attention to the target read so far, attention to the source, then the feed-forward part."""

    def __init__(self, settings: LayerSettings) -> None:
        super().__init__(settings)
        self.memory_norm = nn.LayerNorm(settings.width, eps=EPSILON)
        self.memory_attention = MemoryAttention(settings)

    def forward(self, x: Tensor, memory: Tensor, batch: int, seen: Seen) -> Tensor:
        """`x` (B T, D) and the encoded source `memory` (B S, D), of which steps see `seen`, to (B T, D)."""
        norm = self.attention_norm
        x = self.after(x, self.attention(self.before(x, norm), batch, Seen(causal=True)), norm)
        norm = self.memory_norm
        x = self.after(x, self.memory_attention(self.before(x, norm), memory, batch, seen), norm)
        return self.reason(x)
