"""Rotary positions: a query and a key are turned by their places, so that their product sees the distance.

B rows, H heads, T time, d the width of one head (even).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Rotation(NamedTuple):
    """How far each place is turned: cosines and sines (T, d / 2), one pair a plane."""

    cosines: Tensor
    sines: Tensor

    def rows(self, begin: int, end: int) -> Rotation:
        """The rotation of the places from `begin` to `end`."""
        return Rotation(self.cosines[begin:end], self.sines[begin:end])


def rotation_table(length: int, width: int, *, base: float = 10000.0) -> Rotation:
    """The angles of the places below `length` in the width / 2 planes of a head.

    angle(t, i) = t * base ** (-2i / width)   (Su et al. 2021, arXiv:2104.09864, section 3.2).

    >>> rotation_table(2, 4).sines[1]
    tensor([0.8415, 0.0100])
    """
    planes = torch.arange(0, width, 2, dtype=torch.float64)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), base ** (-planes / width))
    return Rotation(angles.cos().float(), angles.sin().float())


def rotate(vectors: Tensor, rotation: Rotation) -> Tensor:
    """Turn `vectors` (B, H, T, d) by the rotation of their T places, in their own precision.

    Plane i holds the elements i and i + d/2, so that both halves are read in one piece.
    """
    first, second = vectors.chunk(2, dim=-1)
    cosines, sines = rotation.cosines.to(vectors.dtype), rotation.sines.to(vectors.dtype)
    return torch.cat((first * cosines - second * sines, second * cosines + first * sines), dim=-1)
