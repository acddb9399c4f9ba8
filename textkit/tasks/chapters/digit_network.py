"""Networks that tell digits: what their chapters share."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from textkit.data.images import Images
from textkit.data.splits import Indices
from textkit.models.convolution.lenet import LeNet
from textkit.models.schedules import one_cycle
from textkit.train.fit import fit


def read_small_digits() -> Images:
    """The 1,797 digits of 8 by 8 pixels in scikit-learn's load_digits, as bytes, in the order of the file."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return Images(np.rint(digits.images * (255 / 16)).astype(np.uint8), digits.target.astype(np.int64))


def tensors(images: Images, which: Indices | slice) -> tuple[Tensor, Tensor]:
    """Some of the images, (N, 1, H, W) from 0 to 1, and their classes (N,)."""
    return torch.from_numpy(images.scaled()[which]), torch.from_numpy(images.classes[which])


def small_network(examples: tuple[Tensor, Tensor], *, seed: int, epochs: int = 24) -> LeNet:
    """A LeNet for 8 by 8 pixels that has learnt `examples`, in evaluation mode."""
    torch.manual_seed(seed)
    network = LeNet(8, 8, kernel=3, dropout=0.4)
    return learn(network, examples, epochs=epochs, batch_size=32, rate=0.006, seed=seed)


def learn(
    network: LeNet,
    examples: tuple[Tensor, Tensor],
    *,
    epochs: int,
    batch_size: int,
    rate: float,
    seed: int,
) -> LeNet:
    """Cross-entropy by Adam, its rate up to `rate` and down again in one cycle; in evaluation mode then."""
    fit(
        network,
        nn.functional.cross_entropy,
        examples=examples,
        optimizer=torch.optim.Adam(network.parameters(), lr=rate),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        schedule=one_cycle,
    )
    return network.eval()


@torch.no_grad()
def read_classes(network: LeNet, pixels: Tensor) -> Tensor:
    """The likeliest class of each of `pixels` (N, 1, H, W); the network in evaluation mode."""
    return torch.cat([network(rows).argmax(1) for rows in torch.split(pixels, 500)])


def accuracy(network: LeNet, examples: tuple[Tensor, Tensor]) -> float:
    """The share of images that are read as what they are."""
    pixels, classes = examples
    return float((read_classes(network, pixels) == classes).double().mean())
