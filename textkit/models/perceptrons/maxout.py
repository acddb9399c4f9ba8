"""Maxout: a hidden unit that learns its activation function, as the largest of some linear pieces."""

from __future__ import annotations

from torch import Tensor, nn

from textkit.errors import UsageError


class Maxout(nn.Module):
    """h_i = max over j < `pieces` of (W_ij x + b_ij), from (..., inputs) to (..., outputs).

    A convex piecewise linear function of x: with pieces |x| and relu are special cases (Goodfellow et al.
    2013, arXiv:1302.4389, section 3). Rows i * pieces to (i + 1) * pieces of `linear.weight` are the pieces
    of unit i. Raises UsageError for less than one unit or piece.

    >>> import torch
    >>> size = Maxout(1, 1)
    >>> _ = size.linear.weight.data.copy_(torch.tensor([[1.0], [-1.0]])), size.linear.bias.data.zero_()
    >>> size(torch.tensor([[-3.0], [2.0]])).tolist()
    [[3.0], [2.0]]
    """

    def __init__(self, inputs: int, outputs: int, *, pieces: int = 2) -> None:
        super().__init__()
        if min(inputs, outputs, pieces) < 1:
            raise UsageError(
                f"Maxout needs inputs, outputs and pieces of at least 1, not {inputs}, {outputs} and {pieces}"
            )
        self.pieces = pieces
        self.linear = nn.Linear(inputs, outputs * pieces)

    def forward(self, x: Tensor) -> Tensor:
        """(..., inputs) to (..., outputs). Where pieces are equal the first has all of the gradient."""
        z: Tensor = self.linear(x)
        return z.view(*z.shape[:-1], -1, self.pieces).max(dim=-1).values
