"""Whether a network can be made at all, seen before anything is written."""

from __future__ import annotations

import os
from typing import cast

import torch
from torch import nn

from textkit.errors import UsageError
from textkit.tasks.language_model.config import LanguageModelConfig
from textkit.tasks.language_model.network import make_network
from textkit.text.vocab import Vocab


def check_size(config: LanguageModelConfig, vocab: Vocab, *, device: torch.device) -> None:
    """Raise UsageError for a network that cannot be made, or whose weights alone exceed the memory.

    >>> config = LanguageModelConfig(model="gru", embedding=10**6)
    >>> check_size(config, Vocab.build([["a"]]), device=torch.device("cpu"))
    Traceback (most recent call last):
    textkit.errors.UsageError: the network is too large...
    """
    remedy = "use a smaller embedding, hidden or vocabulary (min_count), or fewer layers"
    try:
        with torch.device("meta"):  # shapes without numbers
            module = cast(nn.Module, make_network(config, vocab))
    except RuntimeError as error:
        raise UsageError(
            f"the network is too large: {str(error).splitlines()[0].lower()}; {remedy}"
        ) from error
    need = sum(parameter.numel() * parameter.element_size() for parameter in module.parameters())
    have = _memory(device)
    if have is not None and need > have:
        raise UsageError(
            f"the network is too large: its weights need {need / 2**30:,.1f} GiB, and {device.type} has "
            f"{have / 2**30:,.1f} GiB; {remedy}"
        )


def _memory(device: torch.device) -> int | None:
    """The bytes of memory that a device has; None where that is not known (Windows)."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
