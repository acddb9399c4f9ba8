"""Pooling written out: the largest, or the mean, of each window of an image.

Each channel by itself: (B, C, H, W) to (B, C, H', W'). Windows of `size` by `size` stand `stride` apart,
by default side by side.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.convolution.cross_correlation import windows


def max_pool(images: Tensor, size: int, *, stride: int | None = None, padding: int = 0) -> Tensor:
    """The largest pixel of each window (Zhou and Chellappa 1988); its gradient goes to that pixel alone.

    What lies outside the image never wins. Raises UsageError for a padding above half of the window.

    >>> max_pool(torch.tensor([[[[1.0, 2.0, 5.0, 0.0], [4.0, 3.0, 0.0, 0.0]]]]), 2).tolist()
    [[[[4.0, 5.0]]]]
    """
    return _pixels(images, size, stride=stride, padding=padding, outside=-math.inf).max(dim=0).values


def average_pool(images: Tensor, size: int, *, stride: int | None = None, padding: int = 0) -> Tensor:
    """The mean pixel of each window (LeCun et al. 1998, section II.A); outside the image all is 0.

    Raises UsageError for a padding above half of the window.

    >>> average_pool(torch.tensor([[[[1.0, 2.0, 5.0, 0.0], [4.0, 3.0, 0.0, 0.0]]]]), 2).tolist()
    [[[[2.5, 1.25]]]]
    """
    return _pixels(images, size, stride=stride, padding=padding, outside=0.0).mean(dim=0)


def _pixels(images: Tensor, size: int, *, stride: int | None, padding: int, outside: float) -> Tensor:
    """(size size, B, C, H', W'): the pixels of each window, along the first dimension."""
    if not 0 <= padding <= size // 2:
        # A window might otherwise lie outside the image altogether.
        raise UsageError(f"padding must lie between 0 and half of the window, {size // 2}, not {padding}")
    padded = functional.pad(images, (padding,) * 4, value=outside)
    stride = size if stride is None else stride
    return torch.stack([pixels for _, _, pixels in windows(padded, size, size, stride=stride)])
