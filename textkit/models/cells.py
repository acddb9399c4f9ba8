"""The three recurrent cells written out gate by gate, to read and to check torch's against.

Weights are laid out as torch lays them out: `weight_ih` (gates*H, E), `weight_hh` (gates*H, H),
biases (gates*H,); gates stand one after the other. Inputs (B, E), hidden states (B, H).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class CellWeights(NamedTuple):
    """The four parameters of one recurrent layer."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor


def rnn_cell(x: Tensor, state: Sequence[Tensor], weights: CellWeights) -> tuple[Tensor, ...]:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)   (Elman 1990)."""
    (h,) = state
    return (
        torch.tanh(x @ weights.weight_ih.T + weights.bias_ih + h @ weights.weight_hh.T + weights.bias_hh),
    )


def gru_cell(x: Tensor, state: Sequence[Tensor], weights: CellWeights) -> tuple[Tensor, ...]:
    """Gates reset r, update z, candidate n (Cho et al. 2014, arXiv:1406.1078, in torch's variant).

    r = sigmoid(.), z = sigmoid(.), n = tanh(W_in x + b_in + r * (W_hn h + b_hn)), h' = (1-z) n + z h.
    """
    (h,) = state
    input_r, input_z, input_n = (x @ weights.weight_ih.T + weights.bias_ih).chunk(3, dim=1)  # (B, H) each
    hidden_r, hidden_z, hidden_n = (h @ weights.weight_hh.T + weights.bias_hh).chunk(3, dim=1)
    reset = torch.sigmoid(input_r + hidden_r)
    update = torch.sigmoid(input_z + hidden_z)
    candidate = torch.tanh(input_n + reset * hidden_n)
    return ((1 - update) * candidate + update * h,)


def lstm_cell(x: Tensor, state: Sequence[Tensor], weights: CellWeights) -> tuple[Tensor, ...]:
    """Gates input i, forget f, candidate g, output o (Hochreiter and Schmidhuber 1997; Gers et al. 2000).

    c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c').
    """
    h, c = state
    gates = x @ weights.weight_ih.T + weights.bias_ih + h @ weights.weight_hh.T + weights.bias_hh  # (B, 4H)
    input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=1)
    memory = torch.sigmoid(forget_gate) * c + torch.sigmoid(input_gate) * torch.tanh(candidate)
    return torch.sigmoid(output_gate) * torch.tanh(memory), memory
