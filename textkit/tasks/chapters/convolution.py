"""Cross-correlation finds edges, with few weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from textkit.explain.feature_maps import show_image
from textkit.models.convolution.cross_correlation import CrossCorrelation, convolve, cross_correlate
from textkit.models.convolution.parameters import convolution_parameters, dense_parameters
from textkit.models.schedules import one_cycle
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study
from textkit.train.fit import fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = Card(
    title="Convolution",
    title_zh="卷积",
    claim=(
        "A kernel of 3 x 3 weights answers where an edge is, wherever that is; from images and their answers "
        "alone the kernel can be learnt; and it needs fewer than a ten-thousandth of a dense layer's weights."
    ),
    facts=(
        Fact("columns between the edge and the strongest answer", 0.0),
        Fact("change of the answer but for moving with the image", 0.0, tolerance=1e-5),
        Fact("largest error of the learnt kernel", 0.0, tolerance=0.01),
        Fact(
            "turned cross-correlation less scipy's convolution",
            0.0,
            tolerance=1e-5,
        ),
        Fact("weights of a dense layer for each of the convolution's", 1e4, ">="),
    ),
    source="Goodfellow et al. 2016, Deep Learning, sections 9.1 and 9.2; Sobel and Feldman 1968",
    seconds=3,
    data_text="images of an edge, of a patch and of noise, made from the seed",
)
SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 8
SIZE, EDGE, NOISE = 24, 9, 0.05


def run(study: Study) -> dict[str, float]:
    """Find an edge, move it, learn the kernel that finds it, and count weights."""
    from scipy.signal import convolve2d

    generator = torch.Generator().manual_seed(study.seed)
    kernel = SOBEL[None, None]

    # A dark left and a bright right: the strongest answers stand astride of where it grows bright.
    image = NOISE * torch.randn(1, 1, SIZE, SIZE, generator=generator)
    image[..., EDGE:] += 1
    answer = cross_correlate(image, kernel)
    # Window x has its middle at x + 1; the edge is between two middles.
    found = answer[0, 0].mean(0).topk(2).indices.double().mean() + 1.5

    # An image that moves by 4 columns and 3 rows has an answer that does the same.
    patch = torch.zeros(1, 1, SIZE, SIZE)
    patch[..., 5:12, 6:13] = torch.rand(7, 7, generator=generator)
    moved = cross_correlate(patch.roll((3, 4), (2, 3)), kernel)
    change = moved - cross_correlate(patch, kernel).roll((3, 4), (2, 3))

    # Images and answers are enough to find the kernel. The answers are not free of noise.
    learnt = learn_kernel(study.seed)
    study.note("the learnt kernel: " + "; ".join(" ".join(f"{w:+.3f}" for w in row) for row in learnt))

    # Convolution proper turns the kernel; a network need not, as it learns its kernels.
    turned = convolve(image, kernel)[0, 0] - torch.from_numpy(convolve2d(image[0, 0], SOBEL, mode="valid"))
    dense = dense_parameters((1, 28, 28), (6, 28, 28))
    few = convolution_parameters(1, 6, kernel=5)
    study.note(f"from 28 x 28 pixels to six channels: {few:,} weights in kernels of 5 x 5, {dense:,} dense")
    study.draw("convolution", lambda figure: _draw(figure, image, learnt), size=(9, 2.1))
    differences = (found - EDGE, change, learnt - SOBEL, turned)
    reached = (*(float(each.abs().max()) for each in differences), dense / few)
    return {fact.name: value for fact, value in zip(CARD.facts, reached, strict=True)}


def learn_kernel(seed: int) -> Tensor:
    """A 3 x 3 kernel learnt from 60 images of noise, and from the noisy answers of Sobel's kernel to them."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(60, 1, 16, 16, generator=generator)
    answers = cross_correlate(images, SOBEL[None, None])
    answers = answers + NOISE * torch.randn(answers.shape, generator=generator)
    torch.manual_seed(seed)
    layer = CrossCorrelation(1, 1, kernel=3, bias=False)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    fit(
        layer,
        nn.functional.mse_loss,
        examples=(images, answers),
        optimizer=optimizer,
        epochs=40,
        batch_size=10,
        seed=seed,
        schedule=one_cycle,
    )
    return layer.weight.detach()[0, 0]


def _draw(figure: Figure, image: Tensor, learnt: Tensor) -> None:
    """The image, both answers to it, and the two kernels."""
    vertical = cross_correlate(image, SOBEL[None, None])[0, 0]
    horizontal = cross_correlate(image, SOBEL.T[None, None])[0, 0]
    panels = figure.subplots(1, 5)
    show_image(panels[0], image[0, 0], title="image")
    for axes, answer, name in zip(
        panels[1:3], (vertical, horizontal), ("vertical edges", "horizontal edges"), strict=True
    ):
        show_image(axes, answer.abs(), title=name, largest=float(vertical.max()))
    for axes, kernel, name in zip(panels[3:], (SOBEL, learnt), ("kernel", "learnt kernel"), strict=True):
        axes.imshow(kernel.numpy(), cmap="coolwarm", vmin=-0.3, vmax=0.3)
        for row, weights in enumerate(kernel.tolist()):
            for column, weight in enumerate(weights):
                axes.text(column, row, f"{weight:.2f}", ha="center", va="center", fontsize=8)
        axes.set_title(name, fontsize=9)
        axes.axis("off")
