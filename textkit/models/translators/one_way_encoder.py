"""A recurrent encoder that reads forward only, rows of different lengths side by side.

B rows, T steps, E width of the inputs, H width of the state, N real (not padding) steps of all rows.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from textkit.errors import UsageError
from textkit.models.cells import Cell, unroll_packed
from textkit.models.encoder import Encoding
from textkit.models.network import State
from textkit.models.recurrent_layer import Backend, Initial, RecurrentLayer, torch_weights


class OneWayEncoder(nn.Module):
    """Layers of one direction; `dropout` acts between them. What `RecurrentEncoder` is for both directions.

    Equal to torch's modules on packed sequences. Its encodings are (B, T, H) and (B, H). Raises
    UsageError for settings that make no sense.

    >>> encoder = OneWayEncoder("gru", 3, hidden=4)
    >>> encoder(torch.zeros(2, 5, 3), torch.tensor([5, 2])).outputs.shape
    torch.Size([2, 5, 4])
    """

    def __init__(
        self,
        cell: Cell,
        inputs: int,
        *,
        hidden: int,
        layers: int = 1,
        dropout: float = 0.0,
        backend: Backend = "torch",
        initial: Initial = "uniform",
    ) -> None:
        super().__init__()
        if layers < 1:
            raise UsageError(f"an encoder needs at least 1 layer, not {layers}")
        if not 0 <= dropout < 1:
            raise UsageError(f"dropout must lie in [0, 1), not {dropout}")
        self.dropout = dropout
        self.layers = nn.ModuleList(
            RecurrentLayer(cell, width, hidden=hidden, backend=backend, initial=initial)
            for width in (inputs, *(hidden for _ in range(layers - 1)))
        )

    def forward(self, inputs: Tensor, lengths: Tensor) -> Encoding:
        """Read `inputs` (B, T, E) of which row b has `lengths[b]` real steps, `lengths` (B,) int64.

        What stands beyond changes nothing. Raises UsageError for a length outside 1..T.
        """
        if len(lengths) == 0 or int(lengths.min()) < 1 or int(lengths.max()) > inputs.shape[1]:
            raise UsageError(f"rows to encode must have between 1 and {inputs.shape[1]} steps each")
        packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
        data, state = packed.data, []  # (N, E), longest row first at every step
        original = cast(Tensor, packed.unsorted_indices)
        for number, layer in enumerate(self.layers):
            if number > 0:
                data = functional.dropout(data, self.dropout, self.training)
            data, own = _read(data, packed.batch_sizes, layer=cast(RecurrentLayer, layer))
            state += [part.index_select(0, original) for part in own]
        outputs, _ = pad_packed_sequence(
            PackedSequence(data, *packed[1:]), batch_first=True, total_length=inputs.shape[1]
        )
        return Encoding(outputs, tuple(state))


def _read(data: Tensor, batch_sizes: Tensor, *, layer: RecurrentLayer) -> tuple[Tensor, State]:
    """Read packed `data` (N, E): outputs (N, H) and the last state (B, H), rows as packed."""
    zeros, weights = layer.zero_state(int(batch_sizes[0])), layer.weights()
    if layer.backend == "scratch":
        return unroll_packed(
            layer.cell, torch.split(data, batch_sizes.tolist()), state=zeros, weights=weights
        )
    flat, first = torch_weights(weights), [part[None] for part in zeros]
    # Biases, one layer, no dropout; whether to keep what a backward pass needs; one direction.
    if layer.cell == "lstm":
        data, *last = torch.lstm(data, batch_sizes, first, flat, True, 1, 0.0, torch.is_grad_enabled(), False)
    else:
        read = torch.gru if layer.cell == "gru" else torch.rnn_tanh
        data, *last = read(data, batch_sizes, first[0], flat, True, 1, 0.0, torch.is_grad_enabled(), False)
    return data, tuple(part[0] for part in last)
