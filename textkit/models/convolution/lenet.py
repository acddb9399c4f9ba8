"""A small convolutional network for images of digits, after LeNet-5."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.dropout import InvertedDropout

POOL = 2


class LeNet(nn.Module):
    """Convolution, ReLU and pooling, as often as there are `channels`; then two dense layers.

    After LeCun et al. 1998, "Gradient-based learning applied to document recognition", figure 2, with what
    came later: ReLU for the sigmoids, max pooling for the trained averages, and dropout (Srivastava et al.
    2014, section 7.2) before both dense layers. Windows of `kernel` by `kernel` are padded, so that the
    convolutions keep the size; each pooling halves it, rounded down. `augment` changes images in training.

    Raises UsageError for an even kernel, an image that is pooled to nothing, or a dropout outside [0, 1).

    >>> network = LeNet(8, 8, channels=(4, 8), kernel=3, hidden=16)
    >>> images = torch.zeros(2, 1, 8, 8)
    >>> network(images).shape, [tuple(layer.shape) for layer in network.maps(images)]
    (torch.Size([2, 10]), [(2, 4, 8, 8), (2, 8, 4, 4)])
    """

    def __init__(
        self,
        height: int,
        width: int,
        *,
        classes: int = 10,
        channels: Sequence[int] = (16, 32),
        kernel: int = 5,
        hidden: int = 128,
        dropout: float = 0.5,
        augment: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise UsageError(f"the kernel must be odd, so that padding can keep the size; not {kernel}")
        shrunk = POOL ** len(channels)
        if min(height, width) < shrunk:
            raise UsageError(
                f"images of {height} x {width} are too small for {len(channels)} poolings: "
                f"they need sides of {shrunk}"
            )
        inputs = (1, *channels)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, kernel, padding=kernel // 2)
            for before, after in zip(inputs, channels, strict=False)
        )
        self.hidden = nn.Linear(inputs[-1] * (height // shrunk) * (width // shrunk), hidden)
        self.output = nn.Linear(hidden, classes)
        self.dropout, self.augment = InvertedDropout(dropout), augment

    def maps(self, images: Tensor) -> list[Tensor]:
        """What each convolution makes of `images` (B, 1, H, W) after its ReLU, not yet pooled.

        Each is (B, C, H', W'). The images may have any size that the poolings leave something of.
        """
        made: list[Tensor] = []
        for convolution in self.convolutions:
            pooled = functional.max_pool2d(made[-1], POOL) if made else images
            made.append(torch.relu(convolution(pooled)))
        return made

    def forward(self, images: Tensor) -> Tensor:
        """`images` (B, 1, H, W) to scores (B, K), the logits of a softmax."""
        if self.augment is not None and self.training:
            images = self.augment(images)
        pooled = functional.max_pool2d(self.maps(images)[-1], POOL).flatten(1)
        features = torch.relu(self.hidden(self.dropout(pooled)))
        scores: Tensor = self.output(self.dropout(features))
        return scores
