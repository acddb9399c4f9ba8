"""The weights of a module as named arrays, each once, and back with every name and shape checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from textkit.errors import CheckpointError
from textkit.train.checkpoint import RunFolder


def arrays(module: nn.Module) -> dict[str, Any]:
    """The module's parameters and lasting buffers as numpy arrays; what is tied is there once.

    >>> tied = nn.Linear(2, 2); sorted(arrays(nn.Sequential(tied, tied)))
    ['0.bias', '0.weight']
    """
    return {name: tensor.detach().cpu().numpy() for name, tensor in _named(module)}


def load_arrays(module: nn.Module, run: RunFolder, role: str) -> None:
    """Put the weights saved as `role` into `module`; raises CheckpointError when they do not fit."""
    saved, own = run.arrays(role), dict(_named(module))
    fault = next(_faults({name: tuple(array.shape) for name, array in saved.items()}, own), None)
    if fault is not None:
        raise CheckpointError(f"{run.path}: the {role} weights do not fit the settings: {fault}")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(torch.from_numpy(saved[name]))


def _named(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    lasting = module.state_dict().keys()  # leaves out buffers that are not persistent
    yield from module.named_parameters()
    yield from ((name, buffer) for name, buffer in module.named_buffers() if name in lasting)


def _faults(saved: dict[str, tuple[int, ...]], own: dict[str, Tensor]) -> Iterator[str]:
    for name, tensor in own.items():
        if name not in saved:
            yield f"'{name}' is missing"
        elif saved[name] != tuple(tensor.shape):
            yield f"'{name}' has the shape {saved[name]}, and {tuple(tensor.shape)} is due"
    yield from (f"'{name}' belongs nowhere" for name in sorted(saved) if name not in own)
