"""Recurrent networks over ids: embedding, recurrent layers, output layer.

B rows, T steps, D width of the features, V vocabulary. Inside, time comes first, (T, B, D): dropout
masks are drawn in that order, and torch's recurrent functions read it without copying.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError, unknown_name
from textkit.models.cells import CELLS, Cell
from textkit.models.dropout import Dropouts, embedding_dropout, locked_dropout
from textkit.models.network import Reading, State
from textkit.models.outputs import AdaptiveOutput, SoftmaxOutput
from textkit.models.recurrent_layer import Backend, Initial, RecurrentLayer

Output = Literal["softmax", "adaptive"]


@dataclass(frozen=True)
class RecurrentSettings:
    """What a recurrent language model is made of.

    V `vocab_size`; `embedding` and `hidden` are widths, an `embedding` of 0 means one-hot inputs. `tied`
    shares the embedding with the output layer (Press and Wolf 2017, arXiv:1608.05859); the last layer is
    then as wide as the embedding. `backend` is "torch" or the cells written out here, "scratch".
    `output` "adaptive" splits the vocabulary by frequency at `cutoffs` (Grave et al. 2017,
    arXiv:1609.04309): another model, not an exact softmax. `sparse_embedding` makes the embedding's
    gradient sparse. Raises UsageError.
    """

    cell: Cell
    vocab_size: int
    embedding: int = 200  # 0: one-hot inputs, V wide
    hidden: int = 200
    layers: int = 1
    tied: bool = False
    dropouts: Dropouts = field(default_factory=Dropouts)
    backend: Backend = "torch"
    initial: Initial = "uniform"
    output: Output = "softmax"
    cutoffs: tuple[int, ...] = ()
    sparse_embedding: bool = False

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise unknown_name("cell", self.cell, CELLS)
        if self.backend not in get_args(Backend):
            raise unknown_name("backend", self.backend, get_args(Backend))
        if self.initial not in get_args(Initial):
            raise unknown_name("initialisation", self.initial, get_args(Initial))
        if self.output not in get_args(Output):
            raise unknown_name("output", self.output, get_args(Output))
        if min(self.vocab_size, self.hidden, self.layers) < 1 or self.embedding < 0:
            raise UsageError("vocab_size, hidden and layers must be at least 1, embedding at least 0")
        if self.tied and not self.embedding:
            raise UsageError("one-hot inputs (embedding 0) have no weights to tie to the output")
        if self.tied and self.output == "adaptive":
            raise UsageError("an adaptive output has no matrix to tie to the embedding: drop one of the two")

    @property
    def widths(self) -> tuple[int, ...]:
        """The layers' widths, first to last; the last one is D."""
        last = self.embedding if self.tied else self.hidden
        return (*(self.hidden for _ in range(self.layers - 1)), last)


class OneHot(nn.Module):
    """Ids (...) as vectors (..., V) that are 1 at the id: inputs without weights.

    >>> import torch
    >>> OneHot(3)(torch.tensor([2, 0])).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.vocab_size = vocab_size

    def forward(self, ids: Tensor) -> Tensor:
        """`ids` (...) to (..., V), float32."""
        return functional.one_hot(ids, self.vocab_size).float()


class RecurrentNetwork(nn.Module):
    """A `Network` of recurrent layers, one above the other.

    Its state is flat: per layer h, for the LSTM h and c, each (B, width of that layer).

    >>> import torch
    >>> network = RecurrentNetwork(RecurrentSettings("lstm", vocab_size=7, embedding=4, hidden=5))
    >>> reading = network.read(torch.zeros(2, 3, dtype=torch.long), network.zero_state(2))
    >>> reading.features.shape, [part.shape for part in reading.state]
    (torch.Size([2, 3, 5]), [torch.Size([2, 5]), torch.Size([2, 5])])
    """

    carries = True

    def __init__(self, settings: RecurrentSettings) -> None:
        super().__init__()
        self.settings = s = settings
        self.embedding = (
            nn.Embedding(s.vocab_size, s.embedding, sparse=s.sparse_embedding)
            if s.embedding
            else OneHot(s.vocab_size)
        )
        self.layers = nn.ModuleList(
            RecurrentLayer(
                s.cell,
                inputs,
                hidden=width,
                backend=s.backend,
                weight_drop=s.dropouts.weight,
                initial=s.initial,
            )
            for inputs, width in zip((s.embedding or s.vocab_size, *s.widths[:-1]), s.widths, strict=True)
        )
        self.output = self._make_output()
        self.init_weights()

    def _make_output(self) -> SoftmaxOutput | AdaptiveOutput:
        s = self.settings
        if s.output == "adaptive":
            return AdaptiveOutput(s.vocab_size, s.widths[-1], cutoffs=s.cutoffs)
        return SoftmaxOutput(
            s.vocab_size, s.widths[-1], weight=cast(nn.Parameter, self.embedding.weight) if s.tied else None
        )

    def init_weights(self) -> None:
        """Embedding and output uniform in ±0.1, bias 0; the layers and an adaptive output start themselves.

        Torch's unit-normal embedding would make tied logits far too large.
        """
        if isinstance(self.embedding, nn.Embedding):
            nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        if isinstance(self.output, SoftmaxOutput):
            if self.output.bias is not None:
                nn.init.zeros_(self.output.bias)
            if not self.settings.tied:
                nn.init.uniform_(self.output.weight, -0.1, 0.1)

    def zero_state(self, rows: int) -> State:
        """The state before anything was read: zeros."""
        return tuple(part for layer in self.layers for part in cast(RecurrentLayer, layer).zero_state(rows))

    def read(self, ids: Tensor, state: State) -> Reading:
        """Read `ids` (B, T) from `state` on."""
        dropouts = self.settings.dropouts
        steps = ids.T  # (T, B)
        embedded = embedding_dropout(
            self.embedding(steps),
            steps,
            vocab_size=self.settings.vocab_size,
            p=dropouts.embedding,
            training=self.training,
        )
        inputs = self._drop(embedded, dropouts.input)
        after: State = ()
        parts, last = CELLS[self.settings.cell].parts, len(self.layers) - 1
        for number, layer in enumerate(self.layers):
            raw, own = layer(inputs, state[number * parts : (number + 1) * parts])
            after += own
            inputs = self._drop(raw, dropouts.hidden if number < last else dropouts.output)
        return Reading(inputs.transpose(0, 1), raw.transpose(0, 1), after)

    def _drop(self, features: Tensor, share: float) -> Tensor:
        dropout = locked_dropout if self.settings.dropouts.locked else functional.dropout
        return dropout(features, share, self.training)
