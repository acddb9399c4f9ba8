"""A LeNet with dropout on handwritten digits, and what its layers saw."""

from __future__ import annotations

from statistics import mean, stdev
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from textkit.errors import InputError
from textkit.explain.feature_maps import draw_feature_maps
from textkit.models.convolution.distortion import Distortion
from textkit.models.convolution.lenet import LeNet
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.digit_network import learn
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.small_digits import tensors
from textkit.tasks.chapters.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = Card(
    title="Handwritten digits",
    title_zh="手写数字识别",
    claim=(
        "A LeNet with ReLU, max pooling and dropout that has seen 8,000 digits, each a little distorted at "
        "every sight, reads 98.5 % of 2,000 others. Without distortion it reads nearly as many."
    ),
    facts=(
        Fact("accuracy, mean of three seeds", 0.985, ">="),
        Fact("accuracy without distortion, mean of three seeds", 0.98, ">="),
    ),
    source="LeCun et al. 1998, Gradient-based learning applied to document recognition; "
    "Srivastava et al. 2014, Dropout; Simard et al. 2003 for distortion",
    seconds=150,
    data="images",
    data_text="digits in idx files; the first four fifths train, the rest are held out, in the files' order",
)
SEEDS, EPOCHS, BATCH, RATE = 3, 8, 64, 0.004
DISTORTION = Distortion(shift=2, degrees=12, scale=0.1, slant=0.1)


def run(study: Study) -> dict[str, float]:
    """Three seeds with distortion, and the same three without."""
    images = study.images
    end = len(images) * 4 // 5
    if not 0 < end < len(images):
        raise InputError(f"{len(images)} images are too few to hold out a fifth of them; give at least 2")
    train, test = tensors(images, slice(end)), tensors(images, slice(end, None))
    reached = []
    for name, distortion in (("with distortion", DISTORTION), ("without", None)):
        found = []
        for seed in range(study.seed, study.seed + SEEDS):
            network = train_lenet(train, seed=seed, distortion=distortion)
            found.append(accuracy(network, test))
            if distortion and seed == study.seed:
                _draw(study, network, test[0])
        listed = ", ".join(f"{each:.2%}" for each in found)
        study.note(f"{name}: {listed}; standard deviation {stdev(found):.2%}")
        reached.append(mean(found))
    return {fact.name: value for fact, value in zip(CARD.facts, reached, strict=True)}


def train_lenet(train: tuple[Tensor, Tensor], *, seed: int, distortion: Distortion | None) -> LeNet:
    """A network that has learnt the images (N, 1, H, W) and classes (N,), in evaluation mode."""
    torch.manual_seed(seed)
    height, width = train[0].shape[2:]
    classes = max(10, int(train[1].max()) + 1)
    network = LeNet(height, width, classes=classes, dropout=0.25, augment=distortion)
    return learn(network, train, epochs=EPOCHS, batch_size=BATCH, rate=RATE, seed=seed)


def _draw(study: Study, network: LeNet, pixels: Tensor) -> None:
    """The maps of a held-out digit, and the kernels that found them."""
    image = pixels[:1]
    with torch.no_grad():
        maps = network.maps(image)
    study.draw(
        "digits-cnn-feature-maps", lambda figure: draw_feature_maps(figure, image, maps=maps), size=(9, 3.6)
    )
    study.draw("digits-cnn-kernels", lambda figure: _draw_kernels(figure, network), size=(6.4, 2.0))


def _draw_kernels(figure: Figure, network: LeNet) -> None:
    kernels = next(network.convolutions[0].parameters()).detach()[:, 0]
    largest = float(kernels.abs().max())
    columns = (len(kernels) + 1) // 2
    for axes, kernel in zip(figure.subplots(2, columns, squeeze=False).flat, kernels, strict=False):
        shown = axes.imshow(kernel.numpy(), cmap="coolwarm", vmin=-largest, vmax=largest)
    for axes in figure.axes:
        axes.axis("off")
    figure.colorbar(shown, ax=figure.axes, shrink=0.8)
    figure.suptitle("Kernels of the first layer", fontsize=11)
