"""How large a signal is in each layer of a perceptron, on the way forth and on the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from textkit.models.perceptrons.multilayer import MultilayerPerceptron


class Signals(NamedTuple):
    """Root mean squares by hidden layer, first to last: of its units, and of the loss's gradient at them."""

    units: tuple[float, ...]
    gradients: tuple[float, ...]


def signals(
    network: MultilayerPerceptron,
    loss: Callable[[Tensor, Tensor], Tensor],
    *,
    examples: tuple[Tensor, Tensor],
) -> Signals:
    """Of one pass of `examples`, inputs (B, widths[0]) and targets (B, ...), without dropout.

    Where a layer multiplies the size of the gradient by less than one, or more, the product over layers
    vanishes or explodes (Glorot and Bengio 2010, section 4).
    """
    inputs, targets = examples
    training = network.training
    network.eval()
    try:
        with torch.enable_grad():
            *hidden, output = network.layers(inputs)
            gradients = torch.autograd.grad(loss(output, targets), hidden)
    finally:
        network.train(training)
    return Signals(tuple(map(_size, hidden)), tuple(map(_size, gradients)))


def _size(values: Tensor) -> float:
    return float(values.detach().double().pow(2).mean().sqrt())
