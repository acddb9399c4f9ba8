"""Networks as they are when they are used rather than trained."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import nn


@contextlib.contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Dropout and its like are off within, and no gradient is kept; after it each part is as it was.

    >>> part = nn.Dropout().train()
    >>> with evaluating(nn.Sequential(part)):
    ...     part.training
    False
    >>> part.training
    True
    """
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for each, training in modes:
            each.training = training
