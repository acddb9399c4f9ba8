"""Positions as sines and cosines of falling frequency, added to the embedding (Vaswani et al. 2017, 3.5)."""

from __future__ import annotations

import torch
from torch import Tensor


def sinusoid_table(length: int, width: int) -> Tensor:
    """Row t (D,) of the table (T, D) for place t < `length` = T; D = `width`, even.

    Element 2i is sin(t / 10000 ** (2i / D)), element 2i + 1 the cosine of the same angle
    (arXiv:1706.03762, section 3.5).

    >>> sinusoid_table(2, 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    frequencies = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), frequencies)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1).float()
