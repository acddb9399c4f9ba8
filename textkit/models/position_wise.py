"""The position-wise feed-forward network written out, to read and to check others against."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textkit.errors import UsageError


class PositionWise(nn.Module):
    """max(0, x W_1 + b_1) W_2 + b_2, the same at every position (Vaswani et al. 2017, arXiv:1706.03762,
    section 3.3, where it is also said to be two convolutions of kernel size 1 with a ReLU between).

    D `width`, `inner` the width between. Raises UsageError for widths below 1.

    >>> PositionWise(4, 16)(torch.zeros(2, 3, 4)).shape
    torch.Size([2, 3, 4])
    """

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        if min(width, inner) < 1:
            raise UsageError(f"a feed-forward network needs widths of at least 1, not {width} and {inner}")
        self.input = nn.Linear(width, inner)
        self.output = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        """`x` (B, T, D) to (B, T, D)."""
        outputs: Tensor = self.output(torch.relu(self.input(x)))
        return outputs
