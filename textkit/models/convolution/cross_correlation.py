"""Two-dimensional cross-correlation and convolution, written out.

B rows, C channels in, D channels out, H by W pixels, h by w the kernel. To read and to check others
against; `torch.nn.Conv2d` computes the same, faster.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.convolution.sizes import output_size


def windows(images: Tensor, height: int, width: int, *, stride: int = 1) -> Iterator[tuple[int, int, Tensor]]:
    """For each place (i, j) of a window: all pixels that ever stand there, (B, C, H', W'), a view.

    Pixel (s y + i, s x + j) stands at place (i, j) of the window that gives output (y, x), with s `stride`.

    >>> for i, j, pixels in windows(torch.arange(6.0).view(1, 1, 2, 3), 2, 2):
    ...     print(i, j, pixels.flatten().tolist())
    0 0 [0.0, 1.0]
    0 1 [1.0, 2.0]
    1 0 [3.0, 4.0]
    1 1 [4.0, 5.0]
    """
    rows = output_size(images.shape[2], height, stride=stride)
    columns = output_size(images.shape[3], width, stride=stride)
    for i in range(height):
        for j in range(width):
            down = slice(i, i + stride * (rows - 1) + 1, stride)
            right = slice(j, j + stride * (columns - 1) + 1, stride)
            yield i, j, images[:, :, down, right]


def cross_correlate(
    images: Tensor, kernels: Tensor, *, bias: Tensor | None = None, stride: int = 1, padding: int = 0
) -> Tensor:
    """y[b, d, y, x] = bias[d] + sum over c, i, j of k[d, c, i, j] images[b, c, s y + i - p, s x + j - p].

    What networks call convolution (Goodfellow et al. 2016, Deep Learning, equation 9.6): `images`
    (B, C, H, W) and `kernels` (D, C, h, w) to (B, D, H', W'). s is `stride`, p `padding`, and what lies
    outside the image is 0. The loop is over the kernel, not over the pixels: one matrix product over
    channels for each of its places.

    Raises UsageError for shapes that do not fit each other.

    >>> step = torch.tensor([[[[0.0, 0.0, 1.0, 1.0]]]])
    >>> cross_correlate(step, torch.tensor([[[[-1.0, 1.0]]]])).tolist()
    [[[[0.0, 1.0, 0.0]]]]
    """
    if images.dim() != 4 or kernels.dim() != 4 or images.shape[1] != kernels.shape[1]:
        raise UsageError(
            "images (B, C, H, W) need kernels (D, C, h, w) with as many channels, "
            f"not {tuple(images.shape)} with {tuple(kernels.shape)}"
        )
    height, width = kernels.shape[2:]
    for size, window in zip(images.shape[2:], (height, width), strict=True):
        output_size(size, window, stride=stride, padding=padding)  # says so when it does not fit
    padded = functional.pad(images, (padding,) * 4)
    total = sum(
        torch.einsum("dc,bcyx->bdyx", kernels[:, :, i, j], pixels)
        for i, j, pixels in windows(padded, height, width, stride=stride)
    )
    assert isinstance(total, Tensor)  # a kernel has at least one place
    return total if bias is None else total + bias[:, None, None]


def convolve(
    images: Tensor, kernels: Tensor, *, bias: Tensor | None = None, stride: int = 1, padding: int = 0
) -> Tensor:
    """Convolution as mathematics has it: `cross_correlate` with each kernel turned by half a circle.

    Goodfellow et al. 2016, equation 9.5. Turned kernels make it commute; a network, which learns its
    kernels, does not care.

    >>> impulse = torch.tensor([[[[0.0, 1.0, 0.0]]]])
    >>> kernel = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    >>> convolve(impulse, kernel, padding=0).item(), cross_correlate(impulse, kernel).item()
    (2.0, 2.0)
    """
    return cross_correlate(images, kernels.flip(2, 3), bias=bias, stride=stride, padding=padding)


class CrossCorrelation(nn.Module):
    """`cross_correlate` with kernels and a bias that are learnt; `torch.nn.Conv2d` written out.

    Weights are drawn evenly from +-1 / sqrt(C h w), as torch does (LeCun et al. 1998, "Efficient
    backprop", section 4.6). Raises UsageError for sizes below 1.

    >>> CrossCorrelation(3, 4, kernel=3, padding=1)(torch.zeros(2, 3, 8, 8)).shape
    torch.Size([2, 4, 8, 8])
    """

    def __init__(
        self, inputs: int, outputs: int, *, kernel: int, stride: int = 1, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__()
        if min(inputs, outputs, kernel) < 1:
            raise UsageError(
                f"a convolution needs sizes of at least 1, not {inputs}, {outputs} and a kernel of {kernel}"
            )
        bound = 1 / math.sqrt(inputs * kernel * kernel)
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound)) if bias else None
        self.stride, self.padding = stride, padding

    def forward(self, images: Tensor) -> Tensor:
        """`images` (B, C, H, W) to (B, D, H', W')."""
        return cross_correlate(images, self.weight, bias=self.bias, stride=self.stride, padding=self.padding)


def pointwise(images: Tensor, weights: Tensor, *, bias: Tensor | None = None) -> Tensor:
    """A convolution with 1x1 kernels: at each pixel, the same matrix product over channels.

    `images` (B, C, H, W) and `weights` (D, C) to (B, D, H, W) (Lin et al. 2014, "Network in network",
    arXiv:1312.4400, section 3.1). The position-wise network of the Transformer is two of these.

    >>> pointwise(torch.ones(1, 2, 1, 3), torch.tensor([[1.0, 2.0]])).tolist()
    [[[[3.0, 3.0, 3.0]]]]
    """
    batch, _, height, width = images.shape
    product = weights @ images.flatten(2)  # (B, D, H W)
    if bias is not None:
        product = product + bias[:, None]
    return product.view(batch, -1, height, width)
