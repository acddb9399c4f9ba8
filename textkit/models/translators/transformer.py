"""An encoder-decoder Transformer for pairs of sequences (Vaswani et al. 2017, arXiv:1706.03762)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError, unknown_name
from textkit.models.encoder_decoder import Source
from textkit.models.fused_dropout import dropout
from textkit.models.outputs import SoftmaxOutput
from textkit.models.recurrent_layer import Backend
from textkit.models.sinusoids import sinusoid_table
from textkit.models.translators.layers import (
    EPSILON,
    DecoderLayer,
    EncoderLayer,
    LayerSettings,
    Seen,
    padding_bias,
)
from textkit.models.translators.transformer_decoding import Memory, TransformerDecoding

Norm = Literal["pre", "post"]
_PLACES = 256  # of which the table of sinusoids has to begin with


@dataclass(frozen=True)
class TranslatorTransformerSettings:
    """What a Transformer for translation is made of.

    `source_size` and `target_size` are the numbers of ids; D `width`; `layers` of encoder and of decoder
    each; `feed_forward` is the width inside the feed-forward parts, 4 D if 0. `norm` "pre" normalises what
    a part reads (Xiong et al. 2020, arXiv:2002.04745), "post" its sum with the input, as in the paper.
    `dropout` acts on embeddings, inside the feed-forward parts and on what each part adds,
    `attention_dropout` on attention weights. `tied` shares the target's embedding with the output layer
    (Press and Wolf 2017, arXiv:1608.05859); `joint` shares the embedding of both sides. `backend`
    "scratch" computes attention by its formula instead of torch's fused kernel. Raises UsageError.
    """

    source_size: int
    target_size: int
    width: int = 256
    layers: int = 3
    heads: int = 4
    feed_forward: int = 0
    norm: Norm = "pre"
    dropout: float = 0.1
    attention_dropout: float = 0.0
    tied: bool = True
    joint: bool = False
    backend: Backend = "torch"

    def __post_init__(self) -> None:
        sizes = ("source_size", "target_size", "width", "layers", "heads")
        for name in sizes:
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.feed_forward < 0:
            raise UsageError(f"feed_forward must be at least 1, or 0 for 4 widths, not {self.feed_forward}")
        if self.width % self.heads or self.width % 2:
            raise UsageError(
                f"width must be even and a multiple of heads: width {self.width}, heads {self.heads}"
            )
        for name in ("dropout", "attention_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"{name} must lie in [0, 1), not {getattr(self, name)}")
        if self.norm not in get_args(Norm):
            raise unknown_name("norm", self.norm, get_args(Norm))
        if self.backend not in get_args(Backend):
            raise unknown_name("backend", self.backend, get_args(Backend))
        if self.joint and self.source_size != self.target_size:
            raise UsageError(
                f"a joint embedding needs one vocabulary: {self.source_size} source ids, "
                f"{self.target_size} target ids; set joint to false"
            )

    @property
    def of_layers(self) -> LayerSettings:
        """What each layer is made of."""
        return LayerSettings(
            width=self.width,
            heads=self.heads,
            inner=self.feed_forward or 4 * self.width,
            pre=self.norm == "pre",
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
            written_out=self.backend == "scratch",
        )


class TranslatorTransformer(nn.Module):
    """Encoder and decoder of `layers` layers each, with sinusoidal positions and an output without bias.

    An `EncoderDecoder`. Embeddings are multiplied by sqrt(D); with norms before each part both stacks end
    in one more norm.

    >>> from types import SimpleNamespace
    >>> network = TranslatorTransformer(TranslatorTransformerSettings(9, 7, width=4, heads=2))
    >>> source = SimpleNamespace(ids=torch.tensor([[5, 1], [1, 0]]), lengths=torch.tensor([2, 1]))
    >>> network(source, torch.ones(2, 3, dtype=torch.long)).shape
    torch.Size([2, 3, 4])
    """

    places: Tensor

    def __init__(self, settings: TranslatorTransformerSettings) -> None:
        super().__init__()
        self.settings = s = settings
        self.source_embedding = nn.Embedding(s.source_size, s.width)
        self.target_embedding = nn.Embedding(s.target_size, s.width)
        if s.joint:
            self.target_embedding.weight = self.source_embedding.weight
        layer = s.of_layers
        self.encoder = nn.ModuleList(EncoderLayer(layer) for _ in range(s.layers))
        self.encoder_norm = nn.LayerNorm(s.width, eps=EPSILON) if layer.pre else None
        self.decoder = nn.ModuleList(DecoderLayer(layer) for _ in range(s.layers))
        self.decoder_norm = nn.LayerNorm(s.width, eps=EPSILON) if layer.pre else None
        weight = cast(nn.Parameter, self.target_embedding.weight) if s.tied else None
        self.output = SoftmaxOutput(s.target_size, s.width, weight=weight, bias=False)
        self.register_buffer("places", sinusoid_table(_PLACES, s.width), persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        """Embeddings normal with deviation D^-0.5, so that once multiplied they are as large as positions
        and tied logits begin near 1; weights uniform by Glorot and Bengio (2010), biases 0. Queries, keys
        and values are drawn as the matrix that they make together.
        """
        for name, parameter in self.named_parameters():
            if "embedding" in name or name == "output.weight":
                nn.init.normal_(parameter, std=self.settings.width**-0.5)
            elif parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)
            elif "norm" not in name:
                nn.init.zeros_(parameter)

    def forward(self, source: Source, inputs: Tensor, *, forced: Tensor | None = None) -> Tensor:
        """Features (B, T, D) after reading `inputs` (B, T) int64, of which row b translates sentence b."""
        if forced is not None:
            raise UsageError("a transformer reads all true words at once: teacher_forcing must be 1")
        memory, seen = self.encode(source)
        batch, steps = inputs.shape
        x = self.embed(inputs, self.target_embedding)
        for layer in self.decoder:
            x = layer(x, memory, batch, seen)
        features: Tensor = x if self.decoder_norm is None else self.decoder_norm(x)
        return features.view(batch, steps, -1)

    def encode(self, source: Source, *, padded: bool = True) -> tuple[Tensor, Seen]:
        """The encoded source as rows (B S, D), and which of its steps are real.

        Not `padded`, there are rows for the real steps only: quicker where lengths differ much.
        """
        batch, steps = source.ids.shape
        bias = padding_bias(source.lengths, steps)
        real = None if padded or bias is None else (bias.flatten() == 0).nonzero()[:, 0]
        seen = Seen(bias, real=real)
        x = seen.unpadded(self.embed(source.ids, self.source_embedding))
        for layer in self.encoder:
            x = layer(x, batch, seen)
        return x if self.encoder_norm is None else self.encoder_norm(x), seen

    def embed(self, ids: Tensor, embedding: nn.Embedding, *, begin: int = 0) -> Tensor:
        """Rows (B T, D) for `ids` (B, T), of which the first stands at place `begin`."""
        end = begin + ids.shape[1]
        places = self.places
        if end > len(places):
            with torch.inference_mode(False):  # what is made in inference mode is of no use in training
                places = sinusoid_table(2 * end, self.settings.width).to(places)
            self.places = places  # by now another thread may have put another table there
        scaled = functional.embedding(ids, embedding.weight) * math.sqrt(self.settings.width)
        placed = (scaled + places[begin:end]).flatten(0, 1)
        return dropout(placed, self.settings.dropout, training=self.training)

    @property
    def decoder_layers(self) -> list[DecoderLayer]:
        """The layers of the decoder, the first one first."""
        return list(cast(Iterable[DecoderLayer], self.decoder))

    def decoding(self, source: Source) -> TransformerDecoding:
        """A step model that translates `source`, which is encoded here, once; call it in `eval` mode."""
        with torch.inference_mode():
            return TransformerDecoding(self, Memory.of(self, source))
