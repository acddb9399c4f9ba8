"""Images moved and turned a little, anew at each sight: more examples from the same labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from textkit.errors import UsageError


@dataclass(frozen=True)
class Distortion:
    """A callable: each image (B, C, H, W) is turned, resized, slanted and shifted by its own random amount.

    `shift` in pixels, `degrees` of turning, `scale` and `slant` as shares; all are drawn evenly from both
    sides of nothing. Points between pixels are read by linear interpolation, those outside are 0. What a
    digit means survives this (Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural
    networks"). Numbers come from torch's own generator, as in dropout. Raises UsageError for what is
    negative.

    >>> Distortion()(torch.ones(1, 1, 2, 2)).tolist()
    [[[[1.0, 1.0], [1.0, 1.0]]]]
    """

    shift: float = 0.0
    degrees: float = 0.0
    scale: float = 0.0
    slant: float = 0.0

    def __post_init__(self) -> None:
        if min(self.shift, self.degrees, self.scale, self.slant) < 0 or self.scale >= 1:
            raise UsageError(f"a distortion needs amounts of at least 0, and a scale below 1, not {self}")

    def __call__(self, images: Tensor) -> Tensor:
        """`images` (B, C, H, W), distorted; the same shape."""
        rows, _, height, width = images.shape
        angle, size, slant, right, down = (
            2 * torch.rand(5, rows, device=images.device, dtype=images.dtype) - 1
        ) * torch.tensor(
            [
                math.radians(self.degrees),
                self.scale,
                self.slant,
                2 * self.shift / width,
                2 * self.shift / height,
            ],
            dtype=images.dtype,
            device=images.device,
        )[:, None]
        cos, sin = torch.cos(angle) * (1 + size), torch.sin(angle) * (1 + size)
        # From where each pixel is read: the inverse of what the image undergoes. (B, 2, 3)
        # Both sides of the image are from -1 to 1 there, however long they are.
        across, along = (slant - sin) * (height / width), sin * (width / height)
        places = torch.stack([cos, across, right, along, cos, down], dim=1).view(rows, 2, 3)
        grid = functional.affine_grid(places, list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, align_corners=False)
