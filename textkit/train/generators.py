"""The states of torch's own random generators, which dropout draws from."""

from __future__ import annotations

import torch
from torch import Tensor


def generator_states(device: torch.device) -> dict[str, Tensor]:
    """The states of the CPU's generator and, where `device` is a GPU, of its own.

    >>> list(generator_states(torch.device("cpu")))
    ['cpu']
    """
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_generators(states: dict[str, Tensor], *, device: torch.device) -> None:
    """Set what `generator_states` gave; a GPU's generator only where `device` is one."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
