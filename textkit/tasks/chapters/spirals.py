"""Two spirals in the plane: two classes that no line parts."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def spirals(count: int, *, generator: torch.Generator, noise: float = 0.06) -> tuple[Tensor, Tensor]:
    """Points (count, 2), of each class about half, and their classes (count,).

    Each arm is a turn and a quarter from near the middle to about 2, the other arm half a turn further; both
    coordinates have Gaussian noise of that deviation.
    """
    classes = torch.randint(2, (count,), generator=generator)
    along = torch.rand(count, generator=generator).sqrt()  # as dense outside as inside
    angle = 2.5 * math.pi * along + math.pi * classes
    points = torch.stack([angle.cos(), angle.sin()], dim=1) * 2 * along[:, None]
    return points + noise * torch.randn(count, 2, generator=generator), classes
