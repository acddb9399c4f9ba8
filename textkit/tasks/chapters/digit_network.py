"""Networks that tell digits: what their chapters share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textkit.models.convolution.lenet import LeNet
from textkit.models.schedules import one_cycle
from textkit.train.fit import Examples, fit


def small_network(examples: Examples, *, seed: int, epochs: int = 24) -> LeNet:
    """A LeNet for 8 by 8 pixels that has learnt `examples`, in evaluation mode."""
    torch.manual_seed(seed)
    network = LeNet(8, 8, kernel=3, dropout=0.4)
    return learn(network, examples, epochs=epochs, batch_size=32, rate=0.006, seed=seed)


def learn(
    network: LeNet,
    examples: Examples,
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
