"""Attribution by one gradient: how the target would change if a word's vector did.

B rows, T steps, E embedding width. `network` should be in evaluation mode: dropout would blur it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from textkit.explain.target import Target
from textkit.models.perturbation import real
from textkit.models.text_network import TextNetwork


def value_and_gradient(
    network: TextNetwork, embedded: Tensor, lengths: Tensor, *, target: Target
) -> tuple[Tensor, Tensor]:
    """The target's value (B,) at `embedded` (B, T, E), and its gradient there (B, T, E)."""
    leaf = embedded.detach().requires_grad_()
    # cudnn differentiates recurrent layers in training mode only.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        values = target.values(network.classify(leaf, lengths))
        (gradient,) = torch.autograd.grad(values.sum(), leaf)
    return values.detach(), gradient * real(embedded, lengths)


def saliency(network: TextNetwork, ids: Tensor, lengths: Tensor, *, target: Target) -> Tensor:
    """How strongly each word bears on the target, whichever way: (B, T), the gradient's length, 0 in padding.

    Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034.
    """
    _, gradient = value_and_gradient(network, network.embed(ids), lengths, target=target)
    length: Tensor = torch.linalg.vector_norm(gradient, dim=2)
    return length


def gradient_x_input(network: TextNetwork, ids: Tensor, lengths: Tensor, *, target: Target) -> Tensor:
    """What each word adds to the target by its first-order share, gradient times vector: (B, T).

    Exact where the network is linear (Shrikumar et al. 2016, arXiv:1605.01713).
    """
    embedded = network.embed(ids).detach()
    _, gradient = value_and_gradient(network, embedded, lengths, target=target)
    return (gradient * embedded).sum(2)
