"""Deep dream: change an image, not the weights, until something in the network is excited by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError

Excitement = Callable[[Tensor], Tensor]  # images (B, C, H, W) to (B,), how excited each leaves the network
_BLUR = torch.tensor([1.0, 2.0, 1.0]) / 4


@dataclass(frozen=True)
class Dream:
    """`images` (B, C, H, W) as they ended, and the mean excitement before each step and at the end."""

    images: Tensor
    excitements: tuple[float, ...]

    @property
    def rising(self) -> float:
        """The share of steps after which excitement was higher than before."""
        pairs = list(zip(self.excitements, self.excitements[1:], strict=False))
        return sum(after > before for before, after in pairs) / len(pairs)


def class_score(network: nn.Module, *, wanted: Tensor) -> Excitement:
    """The score (logit) of each row's own class, `wanted` (B,).

    The target of Simonyan et al. 2014, arXiv:1312.6034, section 2. Not the
    probability, which is raised most easily by lowering the other scores.
    """
    return lambda images: network(images).gather(1, wanted[:, None])[:, 0]


def channel_activation(maps: Callable[[Tensor], Sequence[Tensor]], *, layer: int, channel: int) -> Excitement:
    """The mean activation of one channel of one layer of `maps`, over all its places."""
    return lambda images: maps(images)[layer][:, channel].mean((1, 2))


def dream(
    images: Tensor,
    excitement: Excitement,
    *,
    steps: int,
    rate: float,
    jitter: int = 0,
    blur: float = 0.0,
    seed: int = 0,
) -> Dream:
    """Gradient ascent on the images: x + rate g / mean |g| with g = d excitement / d x, kept from 0 to 1.

    Mordvintsev, Olah and Tyka 2015, "Inceptionism: going deeper into neural networks", and their notebook:
    the gradient is divided by its mean size, so that `rate` is in shades of grey, and each step sees the
    image rolled by up to `jitter` pixels, drawn from `seed`, so that nothing hangs on the places of single
    pixels. `blur` mixes that share of a smoothed image into the image after each step (Yosinski et al. 2015,
    arXiv:1506.06579, section 3): what is left has to be worth its sharp edges. Both hold the climb back;
    excitement is measured on the image as it lies. The network should be in evaluation mode.

    Raises UsageError for settings that make no sense.

    >>> bright = dream(torch.zeros(1, 1, 4, 4), lambda images: images.mean((1, 2, 3)), steps=4, rate=0.125)
    >>> bright.excitements, bright.rising
    ((0.0, 0.125, 0.25, 0.375, 0.5), 1.0)
    """
    if steps < 1 or rate <= 0 or jitter < 0 or not 0 <= blur <= 1:
        raise UsageError(
            "a dream needs steps of at least 1, a rate above 0, a jitter of at least 0 and a blur "
            f"from 0 to 1, not {steps}, {rate}, {jitter} and {blur}"
        )
    generator = torch.Generator().manual_seed(seed)
    images, excitements = images.detach().clone(), []
    for _ in range(steps):
        excitements.append(_mean(images, excitement))
        down, right = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
        gradient = _gradient(images.roll((down, right), (2, 3)), excitement).roll((-down, -right), (2, 3))
        size = gradient.abs().mean((1, 2, 3), keepdim=True)
        images = images + rate * gradient / size.clamp_min(torch.finfo(size.dtype).tiny)
        images = torch.lerp(images, blurred(images), blur) if blur else images
        images = images.clamp(0, 1)
    return Dream(images, (*excitements, _mean(images, excitement)))


def blurred(images: Tensor) -> Tensor:
    """Each pixel (B, C, H, W) becomes the mean of its neighbourhood, weighted 1 2 1 along both axes.

    At the edge the image goes on as its edge.
    """
    channels = images.shape[1]
    kernel = torch.outer(_BLUR, _BLUR).to(images).expand(channels, 1, 3, 3)
    return functional.conv2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), kernel, groups=channels)


def total_variation(images: Tensor) -> Tensor:
    """The mean difference of neighbouring pixels, (B,): how rough each image is.

    >>> total_variation(torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])).tolist()
    [0.5]
    """
    down = (images[:, :, 1:] - images[:, :, :-1]).abs().mean((1, 2, 3))
    right = (images[:, :, :, 1:] - images[:, :, :, :-1]).abs().mean((1, 2, 3))
    return (down + right) / 2


@torch.no_grad()
def _mean(images: Tensor, excitement: Excitement) -> float:
    return float(excitement(images).mean())


def _gradient(images: Tensor, excitement: Excitement) -> Tensor:
    leaf = images.detach().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(excitement(leaf).sum(), leaf)
    return gradient
