"""Penalties to be learnt with a loss, for networks: the price of large weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor


def l2_penalty(weights: Iterable[Tensor], strength: float) -> Callable[[], Tensor]:
    """strength/2 times the sum of squares of all `weights`, as they are when it is called.

    Its gradient is strength * w, so that a step of gradient descent is w <- (1 - rate * strength) w - rate *
    gradient: the weights decay (Krogh and Hertz 1991, A simple weight decay can improve generalization).
    With optimisers that scale the gradient the two are not the same (Loshchilov and Hutter 2019,
    arXiv:1711.05101).

    >>> l2_penalty([torch.tensor([3.0, 4.0])], 2.0)()
    tensor(25.)
    """
    kept = list(weights)
    return lambda: torch.stack([weight.square().sum() for weight in kept]).sum() * (strength / 2)


def l1_penalty(weights: Iterable[Tensor], strength: float) -> Callable[[], Tensor]:
    """strength times the sum of sizes of all `weights`, as they are when it is called.

    >>> l1_penalty([torch.tensor([3.0, -4.0])], 2.0)()
    tensor(14.)
    """
    kept = list(weights)
    return lambda: torch.stack([weight.abs().sum() for weight in kept]).sum() * strength
