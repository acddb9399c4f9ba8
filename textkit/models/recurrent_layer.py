"""One recurrent layer in one direction: its weights, how they start, and reading with them.

T time, B batch, E width of the inputs, H width of the state.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from textkit.errors import UsageError, unknown_name
from textkit.models.cells import CELLS, Cell, CellWeights, uniform_weights, unroll
from textkit.models.dropout import drop_connect
from textkit.models.network import State

Backend = Literal["torch", "scratch"]
Initial = Literal["uniform", "orthogonal"]


class RecurrentLayer(nn.Module):
    """A layer of `cell`s with parameters in torch's layout, on torch's own code or on the cells here.

    `weight_drop` is the share of hidden-to-hidden weights dropped in training, drawn anew in every
    call (Merity et al. 2018, arXiv:1708.02182). The mask goes into a copy that the call computes with;
    no parameter is replaced inside a torch module, which some versions of torch would not notice.
    `initial` is "uniform", torch's ±1/sqrt(H), or "orthogonal", see `start_orthogonal`.
    Raises UsageError for unknown names, widths below 1, or a share outside [0, 1).

    >>> layer = RecurrentLayer("gru", 3, hidden=4)
    >>> outputs, state = layer(torch.zeros(5, 2, 3), layer.zero_state(2))
    >>> outputs.shape, [part.shape for part in state]
    (torch.Size([5, 2, 4]), [torch.Size([2, 4])])
    """

    def __init__(
        self,
        cell: Cell,
        inputs: int,
        *,
        hidden: int,
        backend: Backend = "torch",
        weight_drop: float = 0.0,
        initial: Initial = "uniform",
    ) -> None:
        super().__init__()
        for kind, name, known in (
            ("cell", cell, CELLS),
            ("backend", backend, get_args(Backend)),
            ("initialisation", initial, get_args(Initial)),
        ):
            if name not in known:
                raise unknown_name(kind, name, known)
        if min(inputs, hidden) < 1:
            raise UsageError(f"a recurrent layer needs widths of at least 1, not {inputs} and {hidden}")
        if not 0 <= weight_drop < 1:
            raise UsageError(f"weight_drop must lie in [0, 1), not {weight_drop}")
        self.cell, self.inputs, self.hidden = cell, inputs, hidden
        self.backend, self.weight_drop = backend, weight_drop
        started = uniform_weights(cell, inputs, hidden=hidden)
        self.weight_ih = nn.Parameter(started.weight_ih)
        self.weight_hh = nn.Parameter(started.weight_hh)
        self.bias_ih = nn.Parameter(started.bias_ih)
        self.bias_hh = nn.Parameter(started.bias_hh)
        if initial == "orthogonal":
            start_orthogonal(self)

    def zero_state(self, rows: int) -> State:
        """The state of `rows` rows before anything was read: zeros, each (rows, H)."""
        return tuple(self.bias_hh.new_zeros(rows, self.hidden) for _ in range(CELLS[self.cell].parts))

    def weights(self) -> CellWeights:
        """The weights of one window: in training, with some hidden-to-hidden ones dropped."""
        recurrent = drop_connect(self.weight_hh, self.weight_drop, self.training)
        return CellWeights(self.weight_ih, recurrent, self.bias_ih, self.bias_hh)

    def forward(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Read `inputs` (T, B, E) from `state` on: hidden states (T, B, H) and the last state.

        `state` is h, for the LSTM h and c, each (B, H), in the parameters' own precision.
        """
        weights = self.weights()
        if self.backend == "scratch":
            outputs, after = unroll(self.cell, inputs, state=state, weights=weights)
        else:
            outputs, after = read_with_torch(self.cell, inputs, state=state, weights=weights)
        return outputs, tuple(part.to(self.bias_hh.dtype) for part in after)  # autocast makes bfloat16


def read_with_torch(
    cell: Cell, inputs: Tensor, *, state: State, weights: CellWeights
) -> tuple[Tensor, State]:
    """What `unroll` computes, by the functions that nn.RNN, nn.GRU and nn.LSTM call (oneDNN, cuDNN)."""
    if cell == "lstm" and len(inputs) == 1:  # text being written: oneDNN's set-up would take most of the time
        h, c = torch.lstm_cell(inputs[0], list(state), *weights)
        return h[None], (h, c)
    first, flat = [part[None] for part in state], torch_weights(weights)
    # Biases, one layer, no dropout; whether to keep what a backward pass needs; one direction, time first.
    if cell == "lstm":
        outputs, h, c = torch.lstm(inputs, first, flat, True, 1, 0.0, torch.is_grad_enabled(), False, False)
        return outputs, (h[0], c[0])
    read = torch.gru if cell == "gru" else torch.rnn_tanh
    outputs, h = read(inputs, first[0], flat, True, 1, 0.0, torch.is_grad_enabled(), False, False)
    return outputs, (h[0],)


def torch_weights(*directions: CellWeights) -> list[Tensor]:
    """The weights of a layer's one or two directions as torch's recurrent functions take them.

    On CUDA they become views of one block of memory, matrices first: cuDNN warns of any others.
    """
    flat = [weight for weights in directions for weight in weights]
    if not flat[0].is_cuda:
        return flat
    order = sorted(range(len(flat)), key=lambda index: flat[index].dim() == 1)
    block = torch.cat([flat[index].flatten() for index in order])
    parts = torch.split(block, [flat[index].numel() for index in order])
    for index, part in zip(order, parts, strict=True):
        flat[index] = part.view_as(flat[index])
    return flat


def start_orthogonal(layer: RecurrentLayer, *, forget_bias: float = 1.0) -> None:
    """Orthogonal recurrent matrices, one a gate, zero biases, and the LSTM's forget gates mostly open.

    An orthogonal matrix keeps the norm of what it multiplies (Saxe et al. 2014, arXiv:1312.6120); a
    forget gate that starts open lets gradients through (Gers et al. 2000; Jozefowicz et al. 2015).
    Input weights are left as they are.
    """
    with torch.no_grad():
        for gate in layer.weight_hh.chunk(CELLS[layer.cell].gates):
            nn.init.orthogonal_(gate)
        layer.bias_ih.zero_()
        layer.bias_hh.zero_()
        if layer.cell == "lstm":
            layer.bias_hh[layer.hidden : 2 * layer.hidden] = forget_bias
