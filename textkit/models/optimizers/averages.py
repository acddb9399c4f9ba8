"""Averages of weights that an optimiser keeps in its state, as "average" of each parameter."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def holding(optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Within the block the parameters of `optimizer` hold their averages, those that have one."""
    pairs = [
        (parameter, optimizer.state[parameter]["average"])
        for group in optimizer.param_groups
        for parameter in group["params"]
        if "average" in optimizer.state[parameter]
    ]
    latest = [parameter.detach().clone() for parameter, _ in pairs]
    with torch.no_grad():
        for parameter, average in pairs:
            parameter.copy_(average)
    try:
        yield
    finally:
        with torch.no_grad():
            for (parameter, _), before in zip(pairs, latest, strict=True):
                parameter.copy_(before)
