"""The three recurrent cells written out gate by gate, to read, to train with, and to check torch's against.

Weights are laid out as torch lays them out: `weight_ih` (gates*H, E), `weight_hh` (gates*H, H),
biases (gates*H,); gates stand one after the other. E is the width of the inputs, H that of the state.
What the inputs contribute does not depend on the state, so `project` computes it for all steps in one
product, and a cell begins with its part of it, (B, gates*H).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from textkit.models.network import State

Cell = Literal["rnn", "gru", "lstm"]


class CellWeights(NamedTuple):
    """The four parameters of one recurrent layer."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor


class CellKind(NamedTuple):
    """A cell: how many gates it has, of how many tensors its state is made, and its step."""

    gates: int
    parts: int
    step: Callable[[Tensor, State, CellWeights], State]


def uniform_weights(
    cell: Cell, inputs: int, *, hidden: int, generator: torch.Generator | None = None
) -> CellWeights:
    """Weights for inputs of width E and states of width H, uniform in ±1/sqrt(H) as torch starts them.

    Drawn from `generator`, or from torch's global one, which the caller has seeded.
    """
    rows, bound = CELLS[cell].gates * hidden, 1 / math.sqrt(hidden)
    shapes = ((rows, inputs), (rows, hidden), (rows,), (rows,))
    return CellWeights(*(torch.empty(shape).uniform_(-bound, bound, generator=generator) for shape in shapes))


def project(inputs: Tensor, weights: CellWeights) -> Tensor:
    """What inputs (..., E) contribute to the gates, (..., gates*H): W_ih x + b_ih."""
    return inputs @ weights.weight_ih.T + weights.bias_ih


def rnn_cell(projected: Tensor, state: State, weights: CellWeights) -> State:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)   (Elman 1990)."""
    (h,) = state
    return (torch.tanh(projected + h @ weights.weight_hh.T + weights.bias_hh),)


def gru_cell(projected: Tensor, state: State, weights: CellWeights) -> State:
    """Gates reset r, update z, candidate n (Cho et al. 2014, arXiv:1406.1078, in torch's variant).

    r = sigmoid(.), z = sigmoid(.), n = tanh(W_in x + b_in + r * (W_hn h + b_hn)), h' = (1-z) n + z h.
    """
    (h,) = state
    input_r, input_z, input_n = projected.chunk(3, dim=1)  # (B, H) each
    hidden_r, hidden_z, hidden_n = (h @ weights.weight_hh.T + weights.bias_hh).chunk(3, dim=1)
    reset = torch.sigmoid(input_r + hidden_r)
    update = torch.sigmoid(input_z + hidden_z)
    candidate = torch.tanh(input_n + reset * hidden_n)
    return ((1 - update) * candidate + update * h,)


def lstm_cell(projected: Tensor, state: State, weights: CellWeights) -> State:
    """Gates input i, forget f, candidate g, output o (Hochreiter and Schmidhuber 1997; Gers et al. 2000).

    c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c').
    """
    h, c = state
    gates = projected + h @ weights.weight_hh.T + weights.bias_hh  # (B, 4H)
    input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=1)
    memory = torch.sigmoid(forget_gate) * c + torch.sigmoid(input_gate) * torch.tanh(candidate)
    return torch.sigmoid(output_gate) * torch.tanh(memory), memory


CELLS: dict[str, CellKind] = {
    "rnn": CellKind(gates=1, parts=1, step=rnn_cell),
    "gru": CellKind(gates=3, parts=1, step=gru_cell),
    "lstm": CellKind(gates=4, parts=2, step=lstm_cell),
}


def unroll(cell: Cell, inputs: Tensor, *, state: State, weights: CellWeights) -> tuple[Tensor, State]:
    """Read `inputs` (T, B, E) step by step from `state` on: hidden states (T, B, H) and the last state.

    >>> weights = CellWeights(torch.ones(1, 1), torch.zeros(1, 1), torch.zeros(1), torch.zeros(1))
    >>> outputs, state = unroll("rnn", torch.zeros(3, 2, 1), state=(torch.ones(2, 1),), weights=weights)
    >>> outputs.shape, state[0].tolist()
    (torch.Size([3, 2, 1]), [[0.0], [0.0]])
    """
    step, outputs = CELLS[cell].step, []
    for projected in project(inputs, weights):  # (B, gates*H)
        state = step(projected, state, weights)
        outputs.append(state[0])
    return torch.stack(outputs), state


def unroll_packed(
    cell: Cell, steps: Sequence[Tensor], *, state: State, weights: CellWeights, backward: bool = False
) -> tuple[Tensor, State]:
    """Read rows of different lengths, longest first: `steps[t]` (B_t, E) are those that reach step t.

    `state` (B, H) covers all rows; a row's last state is that after its own last step, or with
    `backward` after its first. Returns the hidden states, (N, H) in the order of the concatenated steps.
    """
    projected = torch.split(project(torch.cat(list(steps)), weights), [len(step) for step in steps])
    outputs = []
    for step in reversed(projected) if backward else projected:
        rows = len(step)
        new = CELLS[cell].step(step, tuple(part[:rows] for part in state), weights)
        state = tuple(torch.cat([read, rest[rows:]]) for read, rest in zip(new, state, strict=True))
        outputs.append(new[0])
    return torch.cat(outputs[::-1] if backward else outputs), state
