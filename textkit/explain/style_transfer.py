"""Style transfer: an image with the content of one and the style of another, as a network sees them.

Gatys, Ecker and Bethge 2015, "A neural algorithm of artistic style", arXiv:1508.06576. What a layer says,
place by place, is content; which of its channels speak together, wherever that is, is style.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from textkit.errors import UsageError

Maps = Callable[
    [Tensor], Sequence[Tensor]
]  # an image (1, C, H, W) to the maps of layers, (1, N, H', W') each


@dataclass(frozen=True)
class Stylised:
    """`image` (1, C, H, W), and its distances from content and style before each step and at the end."""

    image: Tensor
    content: tuple[float, ...]
    style: tuple[float, ...]


def gram_matrix(maps: Tensor) -> Tensor:
    """G[n, m] = sum over places of F[n] F[m], divided by the number of places: (B, N, H, W) to (B, N, N).

    Equation 3 of the paper, but for the division, which lets images of any two sizes be compared. Where
    things are is summed away.

    >>> gram_matrix(torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]])).tolist()
    [[[5.0, 1.0], [1.0, 2.0]]]
    """
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def style_distance(maps: Sequence[Tensor], grams: Sequence[Tensor]) -> Tensor:
    """The mean over layers of sum (G - A)^2 / sum A^2, with G of `maps` and A the `grams` of the style.

    Equations 4 and 5 of the paper, with the weights of layers chosen so that each counts alike whatever
    the size of its numbers: 0 is the style itself, 1 as far from it as an image that excites nothing.
    """
    return torch.stack(
        [_share(gram_matrix(own), wanted) for own, wanted in zip(maps, grams, strict=True)]
    ).mean()


def content_distance(maps: Tensor, wanted: Tensor) -> Tensor:
    """sum (F - P)^2 / sum P^2, place by place: equation 1 as a share, as in `style_distance`."""
    return _share(maps, wanted)


def _share(found: Tensor, wanted: Tensor) -> Tensor:
    size = wanted.square().sum()
    return (found - wanted).square().sum() / size.clamp_min(torch.finfo(size.dtype).tiny)


def transfer(
    maps: Maps,
    content: Tensor,
    style: Tensor,
    *,
    start: Tensor | None = None,
    steps: int = 200,
    rate: float = 0.05,
    style_weight: float = 10.0,
    content_layer: int = -1,
) -> Stylised:
    """Change an image until it has the content of `content` and the style of `style`, both (1, C, H, W).

    It begins as `start`, by default as the content, and goes along the gradient of content distance +
    style_weight x style distance (equation 7) by Adam's steps of `rate`, kept from 0 to 1. Content is read
    from one layer of `maps`, style from all. The images may differ in size. The network stays as it is;
    it should be in evaluation mode.

    Raises UsageError for settings that make no sense.
    """
    if steps < 1 or rate <= 0 or style_weight < 0:
        raise UsageError(
            "a transfer needs steps of at least 1, a rate above 0 and a style weight of at least 0, "
            f"not {steps}, {rate} and {style_weight}"
        )
    with torch.no_grad():
        wanted = maps(content)[content_layer]
        grams = [gram_matrix(each) for each in maps(style)]
    image = (content if start is None else start).detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    contents, styles = [], []
    for step in range(steps + 1):
        with torch.enable_grad():
            seen = maps(image)
            from_content = content_distance(seen[content_layer], wanted)
            from_style = style_distance(seen, grams)
        contents.append(float(from_content.detach()))
        styles.append(float(from_style.detach()))
        if step < steps:
            (image.grad,) = torch.autograd.grad(from_content + style_weight * from_style, image)
            optimizer.step()
            image.data.clamp_(0, 1)
    return Stylised(image.detach(), tuple(contents), tuple(styles))
