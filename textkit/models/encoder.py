"""A recurrent encoder: every row read from both ends or one, rows of different lengths side by side.

B rows, T steps, E width of the inputs, H width of a direction, N real (not padding) steps of all rows.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from textkit.errors import UsageError
from textkit.models.cells import Cell, CellWeights, unroll_packed
from textkit.models.network import State
from textkit.models.recurrent_layer import Backend, Initial, RecurrentLayer, torch_weights


class Encoding(NamedTuple):
    """`outputs` (B, T, 2H), zero beyond a row's length, and the last `state` of every layer.

    The state is flat: per layer h, for the LSTM h and c, each (B, 2H): what the forward direction
    remembers after a row's last step beside what the backward one remembers after its first. Read in
    one direction, H stands in place of 2H.
    """

    outputs: Tensor
    state: State


class RecurrentEncoder(nn.Module):
    """Deep and bidirectional (Schuster and Paliwal 1997); each layer reads both directions of the one below.

    Where it is not `bidirectional`, rows are read forward only. `dropout` acts between layers,
    `weight_drop` on the hidden-to-hidden weights. Equal to torch's modules on packed sequences. Raises
    UsageError for settings that make no sense.

    >>> encoder = RecurrentEncoder("lstm", 3, hidden=4, layers=2)
    >>> encoding = encoder(torch.zeros(2, 5, 3), torch.tensor([5, 2]))
    >>> encoding.outputs.shape, len(encoding.state), encoding.state[0].shape
    (torch.Size([2, 5, 8]), 4, torch.Size([2, 8]))
    """

    def __init__(
        self,
        cell: Cell,
        inputs: int,
        *,
        hidden: int,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        weight_drop: float = 0.0,
        backend: Backend = "torch",
        initial: Initial = "uniform",
    ) -> None:
        super().__init__()
        if layers < 1:
            raise UsageError(f"an encoder needs at least 1 layer, not {layers}")
        if not 0 <= dropout < 1:
            raise UsageError(f"dropout must lie in [0, 1), not {dropout}")

        def stack() -> nn.ModuleList:
            return nn.ModuleList(
                RecurrentLayer(
                    cell, width, hidden=hidden, backend=backend, weight_drop=weight_drop, initial=initial
                )
                for width in (inputs, *((1 + bidirectional) * hidden for _ in range(layers - 1)))
            )

        self.dropout = dropout
        self.ahead = stack()
        self.back = stack() if bidirectional else None

    def forward(self, inputs: Tensor, lengths: Tensor) -> Encoding:
        """Read `inputs` (B, T, E) of which row b has `lengths[b]` real steps, `lengths` (B,) int64.

        What stands beyond changes nothing. Raises UsageError for a length outside 1..T.
        """
        if len(lengths) == 0 or int(lengths.min()) < 1 or int(lengths.max()) > inputs.shape[1]:
            raise UsageError(f"rows to encode must have between 1 and {inputs.shape[1]} steps each")
        packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
        data, state = packed.data, []  # (N, E), longest row first at every step
        original = cast(Tensor, packed.unsorted_indices)
        stacks = [self.ahead] if self.back is None else [self.ahead, self.back]
        for number, directions in enumerate(zip(*stacks, strict=True)):
            if number > 0:
                data = functional.dropout(data, self.dropout, self.training)
            data, own = _read(data, packed.batch_sizes, cast(tuple[RecurrentLayer, ...], directions))
            state += [part.index_select(0, original) for part in own]
        outputs, _ = pad_packed_sequence(
            PackedSequence(data, *packed[1:]), batch_first=True, total_length=inputs.shape[1]
        )
        return Encoding(outputs, tuple(state))


def _read(data: Tensor, batch_sizes: Tensor, directions: tuple[RecurrentLayer, ...]) -> tuple[Tensor, State]:
    """Read packed `data` (N, E): outputs (N, 2H) and the last states (B, 2H), rows as packed.

    Of the one or two `directions` the second reads backward.
    """
    layer, weights = directions[0], [own.weights() for own in directions]
    zeros = layer.zero_state(int(batch_sizes[0]))
    if layer.backend == "torch":
        return _packed_with_torch(layer.cell, data, batch_sizes, zeros=zeros, weights=weights)
    steps = torch.split(data, batch_sizes.tolist())
    outputs, states = zip(
        *(
            unroll_packed(layer.cell, steps, state=zeros, weights=own, backward=number > 0)
            for number, own in enumerate(weights)
        ),
        strict=True,
    )
    return torch.cat(outputs, dim=1), tuple(torch.cat(parts, dim=1) for parts in zip(*states, strict=True))


def _packed_with_torch(
    cell: Cell, data: Tensor, batch_sizes: Tensor, *, zeros: State, weights: list[CellWeights]
) -> tuple[Tensor, State]:
    flat, first = torch_weights(*weights), [torch.stack([part] * len(weights)) for part in zeros]  # (2, B, H)
    graded, both = torch.is_grad_enabled(), len(weights) == 2
    # Biases, one layer, no dropout; whether to keep what a backward pass needs; whether in both directions.
    if cell == "lstm":
        data, *last = torch.lstm(data, batch_sizes, first, flat, True, 1, 0.0, graded, both)
    else:
        read = torch.gru if cell == "gru" else torch.rnn_tanh
        data, *last = read(data, batch_sizes, first[0], flat, True, 1, 0.0, graded, both)
    return data, tuple(torch.cat(list(part), dim=1) for part in last)
