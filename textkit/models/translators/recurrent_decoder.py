"""A recurrent decoder that looks at the source while it writes: all its steps at once, or one by one.

B sentences, R = n B rows (n of each sentence in turn: one in training, a beam in decoding), S source
steps, T target steps, W width of the decoder, G W width of the gates.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import unknown_name
from textkit.models.cells import CELLS, Cell, CellWeights
from textkit.models.encoder import Encoding
from textkit.models.network import State
from textkit.models.recurrent_layer import Backend, RecurrentLayer
from textkit.models.translators.attention_scores import Score, make_score, masked_softmax

Attention = Literal[Score, "none"]
ATTENTIONS: tuple[str, ...] = (*get_args(Score), "none")


class Memory(NamedTuple):
    """What the decoder knows of B sources, computed once for each.

    `keys` (B, S, A), prepared for the score, and `values` (B, S, W) to be mixed. `mask` (B, S) says which
    are real; None: all. Without attention S is 1 and both are the encoder's last state.
    """

    keys: Tensor
    values: Tensor
    mask: Tensor | None

    def select(self, sentences: Tensor) -> Memory:
        """The memory of `sentences` (B',) int64 alone."""
        mask = None if self.mask is None else self.mask.index_select(0, sentences)
        return Memory(self.keys.index_select(0, sentences), self.values.index_select(0, sentences), mask)


class Written(NamedTuple):
    """After one step: `features` (R, W), the layers' `hidden` state and where they looked, (R, S)."""

    features: Tensor
    hidden: State
    weights: Tensor


class StepWeights(NamedTuple):
    """The layers' weights for one pass, and the first one's for what stands `beside` words, if anything."""

    layers: list[CellWeights]
    beside: Tensor | None


class Attending(nn.Module):
    """tanh(W_c [c; h] + b), c the sum of the weights times the encodings, h the query (Luong et al. 2015,
    arXiv:1508.04025, equation 5).

    The columns of W_c for c are `context`, and are applied to the encodings before these are mixed: the
    same, as mixing is linear, and done once for each source step and not for each target step.
    """

    def __init__(self, score: Score, width: int, *, encoding: int) -> None:
        super().__init__()
        self.score = make_score(score, width, keys=encoding)
        self.context = nn.Linear(encoding, width, bias=False)
        self.query = nn.Linear(width, width)

    def remember(self, encodings: Tensor, mask: Tensor | None) -> Memory:
        """The memory of `encodings` (B, S, encoding)."""
        return Memory(self.score.prepare(encodings), self.context(encodings), mask)

    def forward(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Features (B, T, W) of `queries` (B, T, W), and the weights (B, T, S)."""
        weights = masked_softmax(self.score.scores(queries, memory.keys), memory.mask)
        return torch.tanh(torch.bmm(weights, memory.values) + self.query(queries)), weights


class RecurrentDecoder(nn.Module):
    """Layers of `cell`s, then attention with the last layer's state as query, see `Attending`.

    With `feeding` the features of a step are read by the next one beside its word (Luong et al. 2015,
    section 3.3): a step then knows where the last one looked, as in Bahdanau et al. 2015; without it, all
    steps are read by the layers first and then look, all together. Attention "none": the encoder's last
    state is read at each step beside the word (Cho et al. 2014, arXiv:1406.1078), and the features are
    the last layer's states. Layers start from the encoder's last states, through tanh(W s + b) where
    widths differ.
    """

    def __init__(
        self,
        cell: Cell,
        inputs: int,
        *,
        width: int,
        encoding: int,
        layers: int,
        attention: Attention,
        feeding: bool,
        dropout: float,
        backend: Backend,
    ) -> None:
        super().__init__()
        if attention not in ATTENTIONS:
            raise unknown_name("attention", attention, ATTENTIONS)
        self.cell, self.inputs, self.width, self.dropout = cell, inputs, width, dropout
        self.feeding = feeding and attention != "none"
        beside = encoding if attention == "none" else width if self.feeding else 0
        self.layers = nn.ModuleList(
            RecurrentLayer(cell, wide, hidden=width, backend=backend, initial="orthogonal")
            for wide in (inputs + beside, *(width for _ in range(layers - 1)))
        )
        parts = layers * CELLS[cell].parts
        self.bridge = nn.ModuleList(
            nn.Linear(encoding, width) for _ in range(parts if encoding != width else 0)
        )
        self.attention = None if attention == "none" else Attending(attention, width, encoding=encoding)

    def remember(self, encoding: Encoding, mask: Tensor | None) -> Memory:
        """The memory of B encoded sources, of which `mask` (B, S) says what is real."""
        if self.attention is None:
            last = encoding.state[-CELLS[self.cell].parts][:, None]  # the last layer's h
            return Memory(last, last, None)
        return self.attention.remember(encoding.outputs, mask)

    def start(self, encoding: Encoding) -> State:
        """The layers' states, (B, W) each, before anything was written."""
        if not self.bridge:
            return encoding.state
        parts = CELLS[self.cell].parts
        bridged = [bridge(part) for bridge, part in zip(self.bridge, encoding.state, strict=True)]
        # An LSTM's memory cell, unlike h, is not between -1 and 1.
        return tuple(part if at % parts else part.tanh() for at, part in enumerate(bridged))

    def step_weights(self) -> StepWeights:
        """The weights of one pass, which `project` and `step` want."""
        weights = [cast(RecurrentLayer, layer).weights() for layer in self.layers]
        first = weights[0]
        if first.weight_ih.shape[1] == self.inputs:
            return StepWeights(weights, None)
        word, beside = first.weight_ih[:, : self.inputs], first.weight_ih[:, self.inputs :]
        return StepWeights([first._replace(weight_ih=word), *weights[1:]], beside)

    def read_all(self, embedded: Tensor, hidden: State, memory: Memory) -> Tensor:
        """Features (B, T, W) after `embedded` (T, B, E), where no step has to wait for the last one's."""
        steps = embedded
        if self.attention is None:
            steps = torch.cat([embedded, memory.values.transpose(0, 1).expand(len(embedded), -1, -1)], dim=2)
        parts = CELLS[self.cell].parts
        for number, layer in enumerate(self.layers):
            if number > 0:
                steps = functional.dropout(steps, self.dropout, self.training)
            steps, _ = layer(steps, hidden[number * parts : (number + 1) * parts])
        return self._look(steps.transpose(0, 1), memory)[0]

    def step(
        self, projected: Tensor, hidden: State, memory: Memory, *, fed: Tensor, weights: StepWeights
    ) -> Written:
        """One step of R rows; `projected` (R, G W) is what the words contribute to the first layer's gates.

        `fed` (R, W) are the features of the step before, zeros at first.
        """
        rows = len(projected)
        if weights.beside is not None:
            beside = fed
            if self.attention is None:
                beside = memory.values.expand(-1, rows // len(memory.values), -1).reshape(rows, -1)
            projected = torch.addmm(projected, beside, weights.beside.T)
        parts, after = CELLS[self.cell].parts, list[Tensor]()
        for number, own in enumerate(weights.layers):
            if number > 0:
                inputs = functional.dropout(after[-parts], self.dropout, self.training)
                projected = functional.linear(inputs, own.weight_ih, own.bias_ih)
            after += CELLS[self.cell].step(projected, hidden[number * parts : (number + 1) * parts], own)
        queries = after[-parts].view(len(memory.values), -1, self.width)  # (B, n, W)
        features, looked = self._look(queries, memory)
        return Written(features.reshape(rows, -1), tuple(after), looked.reshape(rows, -1))

    def _look(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Features (B, T, W) of `queries` (B, T, W), and the weights (B, T, S)."""
        if self.attention is None:
            return queries, queries.new_ones(*queries.shape[:2], 1)
        features: tuple[Tensor, Tensor] = self.attention(queries, memory)
        return features
