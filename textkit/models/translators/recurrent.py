"""Recurrent translators: an encoder and a decoder of RNN, GRU or LSTM layers, with attention or without.

B pairs, S source steps, T target steps, W width, V target ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError, unknown_name
from textkit.models.cells import CELLS, Cell, project
from textkit.models.encoder import Encoding, RecurrentEncoder
from textkit.models.encoder_decoder import Source
from textkit.models.network import State
from textkit.models.outputs import SoftmaxOutput
from textkit.models.recurrent_layer import Backend
from textkit.models.translators.recurrent_decoder import ATTENTIONS, Attention, Memory, RecurrentDecoder
from textkit.models.translators.recurrent_decoding import RecurrentDecoding


@dataclass(frozen=True)
class RecurrentTranslatorSettings:
    """What a recurrent translator is made of.

    `source_size` and `target_size` (V) are vocabulary sizes, `joint` says that both are the same
    vocabulary. W `width` is that of embeddings, of the decoder and of each encoder direction, but for
    the dot scores: they need encodings of the decoder's width, so two directions have half of it each.
    Encoder and decoder have `layers` each. `attention`, `input_feeding`: see `RecurrentDecoder`; without
    attention there is nothing to feed. `tied` shares the target's embedding with the output layer, and
    with the source's if `joint` (Press and Wolf 2017, arXiv:1608.05859). `dropout` acts on embeddings,
    between layers and on the features.
    `backend` is "torch" or the cells written out, "scratch"; with input feeding the decoder's steps wait
    for each other, and both backends use the cells. Raises UsageError.
    """

    cell: Cell
    source_size: int
    target_size: int
    joint: bool = False
    width: int = 256
    layers: int = 1
    attention: Attention = "additive"
    input_feeding: bool = True
    bidirectional: bool = True
    tied: bool = True
    dropout: float = 0.0
    backend: Backend = "torch"

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise unknown_name("cell", self.cell, CELLS)
        if self.attention not in ATTENTIONS:
            raise unknown_name("attention", self.attention, ATTENTIONS)
        if self.backend not in get_args(Backend):
            raise unknown_name("backend", self.backend, get_args(Backend))
        if min(self.source_size, self.target_size, self.width, self.layers) < 1:
            raise UsageError("source_size, target_size, width and layers must be at least 1")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout must lie in [0, 1), not {self.dropout}")
        if self.joint and self.source_size != self.target_size:
            raise UsageError(
                f"a joint vocabulary has one size, not {self.source_size} and {self.target_size}: "
                "set joint to false"
            )
        if self._halved and self.width % 2:
            raise UsageError(
                f"{self.attention} attention to a bidirectional encoder needs an even width, not {self.width}"
            )

    @property
    def _halved(self) -> bool:
        return self.bidirectional and self.attention in ("dot", "scaled-dot")

    @property
    def direction(self) -> int:
        """Width of one direction of the encoder."""
        return self.width // 2 if self._halved else self.width

    @property
    def encoding(self) -> int:
        """Width of what the encoder says of a source step."""
        return self.direction * (2 if self.bidirectional else 1)


class RecurrentTranslator(nn.Module):
    """An `EncoderDecoder` of recurrent layers (Sutskever et al. 2014, arXiv:1409.3215; Bahdanau et al.
    2015, arXiv:1409.0473; Luong et al. 2015, arXiv:1508.04025).

    >>> from types import SimpleNamespace
    >>> source = SimpleNamespace(ids=torch.tensor([[3, 4, 1], [5, 1, 0]]), lengths=torch.tensor([3, 2]))
    >>> network = RecurrentTranslator(RecurrentTranslatorSettings("gru", 6, 9, width=4))
    >>> network(source, torch.tensor([[1, 8], [1, 7]])).shape
    torch.Size([2, 2, 4])
    """

    def __init__(self, settings: RecurrentTranslatorSettings) -> None:
        super().__init__()
        self.settings = s = settings
        self.target_embedding = nn.Embedding(s.target_size, s.width)
        shared = s.tied and s.joint
        self.source_embedding = self.target_embedding if shared else nn.Embedding(s.source_size, s.width)
        self.encoder = RecurrentEncoder(
            s.cell,
            s.width,
            hidden=s.direction,
            layers=s.layers,
            bidirectional=s.bidirectional,
            dropout=s.dropout,
            backend=s.backend,
            initial="orthogonal",
        )
        self.decoder = RecurrentDecoder(
            s.cell,
            s.width,
            width=s.width,
            encoding=s.encoding,
            layers=s.layers,
            attention=s.attention,
            feeding=s.input_feeding,
            dropout=s.dropout,
            backend=s.backend,
        )
        weight = cast(nn.Parameter, self.target_embedding.weight) if s.tied else None
        self.output = SoftmaxOutput(s.target_size, s.width, weight=weight)
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.uniform_(embedding.weight, -0.1, 0.1)

    def forward(self, source: Source, inputs: Tensor, *, forced: Tensor | None = None) -> Tensor:
        """Features (B, T, W) after reading `inputs` (B, T) int64.

        Where `forced` (B, T) bool is false, the decoder reads the likeliest id after its own step before
        (scheduled sampling, Bengio et al. 2015, arXiv:1506.03099); the first step always reads its input.
        No gradient goes through the choice.
        """
        memory, hidden = self.encode(source)
        embedded = self._embed(self.target_embedding, inputs.T)  # (T, B, W)
        if forced is not None and bool(forced[:, 1:].all()):
            forced = None
        if forced is None and not self.decoder.feeding:
            features = self.decoder.read_all(embedded, hidden, memory)
        else:
            features = self._read_stepwise(embedded, hidden, memory, forced=forced)
        return functional.dropout(features, self.settings.dropout, self.training)

    def encode(self, source: Source) -> tuple[Memory, State]:
        """What the decoder knows of B sources, and the state that it starts from."""
        steps = int(source.lengths.max())
        embedded = self._embed(self.source_embedding, source.ids[:, :steps])
        encoding: Encoding = self.encoder(embedded, source.lengths)
        mask = torch.arange(steps, device=embedded.device) < source.lengths[:, None]
        memory = self.decoder.remember(encoding, None if bool(mask.all()) else mask)
        return memory, self.decoder.start(encoding)

    def decoding(self, source: Source) -> RecurrentDecoding:
        """A step model that translates `source`, see `EncoderDecoder`. It should be in eval mode."""
        with torch.inference_mode():
            memory, hidden = self.encode(source)
        return RecurrentDecoding(self.target_embedding, self.decoder, self.output, memory, hidden)

    def _embed(self, embedding: nn.Embedding, ids: Tensor) -> Tensor:
        return functional.dropout(embedding(ids), self.settings.dropout, self.training)

    def _read_stepwise(
        self, embedded: Tensor, hidden: State, memory: Memory, *, forced: Tensor | None
    ) -> Tensor:
        """Features (B, T, W) after `embedded` (T, B, W), one step after the other."""
        weights = self.decoder.step_weights()
        features = embedded.new_zeros(embedded.shape[1], self.settings.width)
        written: list[Tensor] = []
        for step, words in enumerate(project(embedded, weights.layers[0])):  # (B, G W)
            if step and forced is not None and not bool(forced[:, step].all()):
                own = (~forced[:, step]).nonzero()[:, 0]
                chosen = self.output.log_probs(features[own]).argmax(dim=1)
                embedded_own = self._embed(self.target_embedding, chosen)
                words = words.index_copy(0, own, project(embedded_own, weights.layers[0]).to(words.dtype))
            features, hidden, _ = self.decoder.step(words, hidden, memory, fed=features, weights=weights)
            written.append(features)
        return torch.stack(written, dim=1)
