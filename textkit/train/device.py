"""Where a network is trained."""

from __future__ import annotations

import torch

from textkit.errors import UsageError


def choose_device(name: str) -> torch.device:
    """The device that `name` (auto, cpu, cuda) asks for; raises UsageError when there is no such GPU.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("the device 'cuda' needs a GPU that torch can use, and there is none; use cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
