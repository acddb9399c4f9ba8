"""Activation functions of hidden units, by name. All act on single numbers, of any shape."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def relu(z: Tensor) -> Tensor:
    """max(z, 0); its derivative is 1 above 0, else 0, at 0 too (Nair and Hinton 2010).

    >>> relu(torch.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 3.])
    """
    return torch.relu(z)


def sigmoid(z: Tensor) -> Tensor:
    """1 / (1 + exp(-z)), computed as (1 + tanh(z / 2)) / 2, which never overflows; derivative at most 1/4.

    >>> sigmoid(torch.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return 0.5 * (1 + torch.tanh(0.5 * z))


def tanh(z: Tensor) -> Tensor:
    """(exp(z) - exp(-z)) / (exp(z) + exp(-z)) = 2 sigmoid(2 z) - 1; its derivative is at most 1."""
    return torch.tanh(z)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": relu, "sigmoid": sigmoid, "tanh": tanh}
