"""What a classifier gets right."""

from __future__ import annotations

from torch import Tensor, nn

from textkit.train.fit import Examples, mean_loss


def accuracy(network: nn.Module, examples: Examples) -> float:
    """The share of `examples`, inputs (N, ...) and classes (N,), whose likeliest class is theirs.

    In evaluation mode; the network is left as it was.

    >>> import torch
    >>> accuracy(nn.Identity(), (torch.eye(3), torch.tensor([0, 1, 1])))
    0.666...
    """
    return mean_loss(network, _right, examples=examples)


def _right(scores: Tensor, classes: Tensor) -> Tensor:
    return (scores.argmax(1) == classes).double().mean()
