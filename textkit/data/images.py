"""Grey images with their classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError


@dataclass(frozen=True, eq=False)
class Images:
    """`pixels` (N, H, W) uint8, 0 is no ink; `classes` (N,) int64. Raises InputError when they do not fit.

    >>> images = Images(np.full((2, 4, 4), 255, np.uint8), np.array([7, 1]))
    >>> len(images), images.scaled()[0, 0, 0, 0]
    (2, np.float32(1.0))
    """

    pixels: npt.NDArray[np.uint8]
    classes: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or len(self.pixels) != len(self.classes):
            raise InputError(
                f"images must be (N, H, W) with N classes, not {self.pixels.shape} with {len(self.classes)}"
            )

    def __len__(self) -> int:
        return len(self.pixels)

    def scaled(self) -> npt.NDArray[np.float32]:
        """Pixels from 0 to 1, with one channel: (N, 1, H, W)."""
        return (self.pixels[:, None] / np.float32(255)).astype(np.float32)
