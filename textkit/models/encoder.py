"""A recurrent encoder: every row read from both ends, rows of different lengths side by side.

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
    remembers after a row's last step beside what the backward one remembers after its first.
    """

    outputs: Tensor
    state: State


class RecurrentEncoder(nn.Module):
    """Deep and bidirectional (Schuster and Paliwal 1997); each layer reads both directions of the one below.

    `dropout` acts between layers, `weight_drop` on the hidden-to-hidden weights. Equal to torch's
    bidirectional layers on packed sequences. Raises UsageError for settings that make no sense.

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
                for width in (inputs, *(2 * hidden for _ in range(layers - 1)))
            )

        self.dropout = dropout
        self.ahead, self.back = stack(), stack()

    def forward(self, inputs: Tensor, lengths: Tensor) -> Encoding:
        """Read `inputs` (B, T, E) of which row b has `lengths[b]` real steps, `lengths` (B,) int64.

        What stands beyond changes nothing. Raises UsageError for a length outside 1..T.
        """
        if len(lengths) == 0 or int(lengths.min()) < 1 or int(lengths.max()) > inputs.shape[1]:
            raise UsageError(f"rows to encode must have between 1 and {inputs.shape[1]} steps each")
        packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
        data, state = packed.data, []  # (N, E), longest row first at every step
        original = cast(Tensor, packed.unsorted_indices)
        for number, (ahead, back) in enumerate(zip(self.ahead, self.back, strict=True)):
            if number > 0:
                data = functional.dropout(data, self.dropout, self.training)
            data, own = _read_both_ways(
                data, packed.batch_sizes, ahead=cast(RecurrentLayer, ahead), back=cast(RecurrentLayer, back)
            )
            state += [part.index_select(0, original) for part in own]
        outputs, _ = pad_packed_sequence(
            PackedSequence(data, *packed[1:]), batch_first=True, total_length=inputs.shape[1]
        )
        return Encoding(outputs, tuple(state))


def _read_both_ways(
    data: Tensor, batch_sizes: Tensor, *, ahead: RecurrentLayer, back: RecurrentLayer
) -> tuple[Tensor, State]:
    """Read packed `data` (N, E): outputs (N, 2H) and the last states (B, 2H), rows as packed."""
    zeros, weights = ahead.zero_state(int(batch_sizes[0])), (ahead.weights(), back.weights())
    if ahead.backend == "torch":
        return _packed_with_torch(ahead.cell, data, batch_sizes, zeros=zeros, weights=weights)
    steps = torch.split(data, batch_sizes.tolist())
    first, first_state = unroll_packed(ahead.cell, steps, state=zeros, weights=weights[0])
    second, second_state = unroll_packed(ahead.cell, steps, state=zeros, weights=weights[1], backward=True)
    pairs = zip(first_state, second_state, strict=True)
    return torch.cat([first, second], dim=1), tuple(torch.cat(pair, dim=1) for pair in pairs)


def _packed_with_torch(
    cell: Cell,
    data: Tensor,
    batch_sizes: Tensor,
    *,
    zeros: State,
    weights: tuple[CellWeights, CellWeights],
) -> tuple[Tensor, State]:
    flat, first = torch_weights(*weights), [torch.stack([part, part]) for part in zeros]  # (2, B, H)
    # Biases, one layer, no dropout; whether to keep what a backward pass needs; both directions.
    if cell == "lstm":
        data, *last = torch.lstm(data, batch_sizes, first, flat, True, 1, 0.0, torch.is_grad_enabled(), True)
    else:
        read = torch.gru if cell == "gru" else torch.rnn_tanh
        data, *last = read(data, batch_sizes, first[0], flat, True, 1, 0.0, torch.is_grad_enabled(), True)
    return data, tuple(torch.cat(list(part), dim=1) for part in last)
