"""A causal Transformer over ids, with a key-value cache and a context that never overflows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError, unknown_name
from textkit.models.attention import Cache, SelfAttention
from textkit.models.network import Reading, State
from textkit.models.outputs import AdaptiveOutput, SoftmaxOutput
from textkit.models.positions import Rotation, rotation_table

Positions = Literal["rotary", "learned"]
Output = Literal["softmax", "adaptive"]
INITIAL_DEVIATION = 0.02  # of weights (Radford et al. 2019)
WINDOW_BUDGET = 16384  # tokens read at once where a text is longer than the context


@dataclass(frozen=True)
class TransformerSettings:
    """What a Transformer language model is made of.

    V `vocab_size`; D `width`, the same in every layer; `feed_forward` is the width inside the
    feed-forward layers, 4 D if 0. No prediction looks further back than `context` steps. `dropout` acts
    on the embedding and on what each layer adds (Vaswani et al. 2017). `tied` shares the embedding
    with the output layer (Press and Wolf 2017, arXiv:1608.05859). `output` "adaptive" splits the
    vocabulary by frequency at `cutoffs` (Grave et al. 2017, arXiv:1609.04309): another model, not an
    exact softmax. `sparse_embedding` makes the embedding's gradient sparse. Raises UsageError.
    """

    vocab_size: int
    width: int = 256
    layers: int = 4
    heads: int = 4
    feed_forward: int = 0
    context: int = 256
    dropout: float = 0.0
    positions: Positions = "rotary"
    tied: bool = True
    output: Output = "softmax"
    cutoffs: tuple[int, ...] = ()
    sparse_embedding: bool = False

    def __post_init__(self) -> None:
        if min(self.vocab_size, self.width, self.layers, self.heads) < 1:
            raise UsageError("vocab_size, width, layers and heads must be at least 1")
        if self.feed_forward < 0:
            raise UsageError(f"feed_forward must be at least 1, or 0 for 4 widths, not {self.feed_forward}")
        if self.context < 2:
            raise UsageError(f"a Transformer's context must be at least 2 steps, not {self.context}")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout must lie in [0, 1), not {self.dropout}")
        if self.positions not in get_args(Positions):
            raise unknown_name("positions", self.positions, get_args(Positions))
        if self.output not in get_args(Output):
            raise unknown_name("output", self.output, get_args(Output))
        if self.width % self.heads:
            raise UsageError(f"width must be a multiple of heads: width {self.width}, heads {self.heads}")
        if self.positions == "rotary" and self.width // self.heads % 2:
            raise UsageError(
                f"rotary positions need heads of even width: width {self.width} / heads {self.heads} is "
                f"{self.width // self.heads}; change one of them, or take learned positions"
            )
        if self.tied and self.output == "adaptive":
            raise UsageError("an adaptive output has no matrix to tie to the embedding: drop one of the two")


class FeedForward(nn.Module):
    """W2 gelu(W1 x), each step for itself (Vaswani et al. 2017, section 3.3; GELU: arXiv:1606.08415)."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.input = nn.Linear(width, inner, bias=False)
        self.output = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`x` (..., D) to (..., D)."""
        outputs: Tensor = self.output(functional.gelu(self.input(x)))
        return outputs


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x)) (Xiong et al. 2020, arXiv:2002.04745)."""

    def __init__(self, width: int, heads: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width, bias=False)
        self.attention = SelfAttention(width, heads)
        self.feed_forward_norm = nn.LayerNorm(width, bias=False)
        self.feed_forward = FeedForward(width, inner)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, rotation: Rotation | None, cache: Cache | None) -> tuple[Tensor, Cache]:
        """Read `x` (B, T, D) after what `cache` holds; the outputs (B, T, D) and the longer cache."""
        mixed, cache = self.attention(self.attention_norm(x), rotation=rotation, cache=cache)
        x = x + self.dropout(mixed)
        return x + self.dropout(self.feed_forward(self.feed_forward_norm(x))), cache


class TransformerNetwork(nn.Module):
    """Decoder-only, causal, pre-norm, without biases.

    The state holds the t <= context ids read since it last began, (B, t), and for each layer their
    keys and values, (B, heads, t, d). When the context is full the next reading first reads the last
    context // 2 ids afresh, at the first places, and goes on from there: every prediction but a
    text's first ones sees at least context // 2 steps, and a text gives the same predictions in
    whatever pieces it is read.

    >>> network = TransformerNetwork(TransformerSettings(7, width=4, layers=1, heads=2, context=6))
    >>> reading = network.read(torch.zeros(2, 10, dtype=torch.long), network.zero_state(2))
    >>> reading.features.shape, [part.shape[0] for part in reading.state]
    (torch.Size([2, 10, 4]), [2, 2, 2])
    """

    carries = False
    cosines: Tensor
    sines: Tensor

    def __init__(self, settings: TransformerSettings) -> None:
        super().__init__()
        self.settings = s = settings
        self.embedding = nn.Embedding(s.vocab_size, s.width, sparse=s.sparse_embedding)
        self.places = nn.Embedding(s.context, s.width) if s.positions == "learned" else None
        self.dropout = nn.Dropout(s.dropout)
        inner = s.feed_forward or 4 * s.width
        self.blocks = nn.ModuleList(Block(s.width, s.heads, inner, s.dropout) for _ in range(s.layers))
        self.norm = nn.LayerNorm(s.width, bias=False)
        self.output = self._make_output()
        if s.positions == "rotary":
            rotation = rotation_table(s.context, s.width // s.heads)
            self.register_buffer("cosines", rotation.cosines, persistent=False)
            self.register_buffer("sines", rotation.sines, persistent=False)
        self._initialise()

    def _make_output(self) -> SoftmaxOutput | AdaptiveOutput:
        s = self.settings
        if s.output == "adaptive":
            return AdaptiveOutput(s.vocab_size, s.width, cutoffs=s.cutoffs)
        weight = cast(nn.Parameter, self.embedding.weight) if s.tied else None
        return SoftmaxOutput(s.vocab_size, s.width, weight=weight)

    def _initialise(self) -> None:
        """Normal weights, smaller where 2 x layers terms add up (Radford et al. 2019, section 2.3)."""
        nn.init.normal_(self.embedding.weight, std=INITIAL_DEVIATION)
        if self.places is not None:
            nn.init.normal_(self.places.weight, std=INITIAL_DEVIATION)
        if isinstance(self.output, SoftmaxOutput) and not self.settings.tied:
            nn.init.normal_(self.output.weight, std=INITIAL_DEVIATION)
        for name, weight in self.blocks.named_parameters():
            if weight.dim() == 2:
                added = name.endswith("output.weight")
                scale = 1 / math.sqrt(2 * self.settings.layers) if added else 1.0
                nn.init.normal_(weight, std=INITIAL_DEVIATION * scale)

    def zero_state(self, rows: int) -> State:
        """The state of `rows` rows before anything was read."""
        s, weight = self.settings, self.embedding.weight
        nothing = weight.new_zeros(rows, s.heads, 0, s.width // s.heads)
        return (weight.new_zeros(rows, 0, dtype=torch.long), *(nothing for _ in range(2 * s.layers)))

    def read(self, ids: Tensor, state: State) -> Reading:
        """Read `ids` (B, T) from `state` on; T may be any number, longer than the context too."""
        fitting = self.settings.context - state[0].shape[1]
        if ids.shape[1] <= fitting:
            return self._go_on(ids, state)
        known = torch.cat((state[0], ids[:, :fitting]), dim=1)  # (B, context)
        parts = [self._go_on(ids[:, :fitting], state).features] if fitting else []
        again = self.settings.context // 2
        text = torch.cat((known[:, -again:], ids[:, fitting:]), dim=1)
        fresh = self.settings.context - again  # what each window reads that is new
        whole = (text.shape[1] - again - 1) // fresh  # windows but for the last, which makes the state
        parts.extend(self._side_by_side(text[:, : again + whole * fresh], again))
        last = self._go_on(text[:, whole * fresh :], self.zero_state(len(ids)))
        features = torch.cat((*parts, last.features[:, again:]), dim=1)
        return Reading(features, features, last.state)

    def _side_by_side(self, text: Tensor, again: int) -> Iterator[Tensor]:
        """Features of `text` (B, again + n (context - again)) from step `again` on, some windows at once."""
        context = self.settings.context
        if text.shape[1] < context:
            return
        windows = text.unfold(1, context, context - again)  # (B, n, context)
        at_once = max(1, WINDOW_BUDGET // (len(text) * context))
        for begin in range(0, windows.shape[1], at_once):
            rows = windows[:, begin : begin + at_once].flatten(0, 1)
            features = self._go_on(rows, self.zero_state(len(rows))).features[:, again:]
            yield features.reshape(len(text), -1, features.shape[2])

    def _go_on(self, ids: Tensor, state: State) -> Reading:
        """Read `ids` (B, T) that fit into the context."""
        before, after = state[0].shape[1], state[0].shape[1] + ids.shape[1]
        x = self.embedding(ids)  # (B, T, D)
        rotation = None
        if self.places is None:
            rotation = Rotation(self.cosines, self.sines).rows(before, after)
        else:
            x = x + self.places.weight[before:after]
        x = self.dropout(x)
        kept = [torch.cat((state[0], ids), dim=1)]
        for layer, block in enumerate(self.blocks):
            cache = Cache(state[2 * layer + 1], state[2 * layer + 2]) if before else None
            x, cache = block(x, rotation, cache)
            kept.extend(cache)
        features = self.norm(x)
        return Reading(features, features, tuple(kept))
