"""What the channels of a convolutional network make of an image, drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from textkit.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_feature_maps(figure: Figure, image: Tensor, *, maps: Sequence[Tensor]) -> None:
    """The image (1, 1, H, W), and below it a panel for each of `maps` (1, C, H', W') with all its channels.

    All channels of a layer share one scale: black is 0, white the layer's largest.
    Raises UsageError unless they are of one image.
    """
    if len(image) != 1 or any(len(each) != 1 for each in maps):
        raise UsageError("feature maps are drawn of one image: give (1, 1, H, W) and maps of (1, C, H', W')")
    panels = figure.subplots(1, 1 + len(maps), width_ratios=[1] + [2] * len(maps), squeeze=False)[0]
    show_image(panels[0], image[0, 0], title="image")
    for number, (axes, layer) in enumerate(zip(panels[1:], maps, strict=True), 1):
        channels, height, width = layer.shape[1:]
        title = f"layer {number}: {channels} channels of {height} x {width}"
        show_image(axes, mosaic(layer[0]), title=title, largest=float(layer.max()) or 1.0)


def mosaic(channels: Tensor, *, columns: int | None = None) -> Tensor:
    """Images (N, H, W) side by side in rows of `columns`, by default about as many as there are rows.

    A pixel's width of the largest value parts them.

    >>> import torch
    >>> mosaic(torch.zeros(5, 2, 2)).shape
    torch.Size([5, 8])
    """
    count, height, width = channels.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = channels.new_full((rows * (height + 1) - 1, columns * (width + 1) - 1), float(channels.max()))
    for index, channel in enumerate(channels):
        top, left = index // columns * (height + 1), index % columns * (width + 1)
        sheet[top : top + height, left : left + width] = channel
    return sheet


def show_image(axes: Axes, image: Tensor, *, title: str, largest: float = 1.0) -> None:
    """Draw (H, W) in grey from 0, black, to `largest`, white, without axes."""
    axes.imshow(image.detach().numpy(), cmap="gray", vmin=0, vmax=largest, interpolation="nearest")
    axes.set_title(title, fontsize=9)
    axes.axis("off")
