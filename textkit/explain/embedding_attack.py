"""Attacks on the word vectors of a network: what it answers when they are moved a little, to hurt.

They measure how rough a network is around texts; no text need have the vectors they reach.
B rows, T steps, E embedding width, K classes.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from textkit.errors import unknown_name
from textkit.models.perturbation import Bound, fast_gradient, projected_gradient
from textkit.models.text_network import TextNetwork

Method = Literal["fgsm", "pgd"]


class Moved(NamedTuple):
    """The logits (B, K) of the attacked rows, and the moves (B, T, E) of their vectors."""

    logits: Tensor
    moves: Tensor


def attack_embeddings(
    network: TextNetwork,
    ids: Tensor,
    lengths: Tensor,
    *,
    labels: Tensor,
    bound: Bound,
    method: Method = "fgsm",
    steps: int = 10,
) -> Moved:
    """Move the vectors of `ids` (B, T) within `bound` so that the loss of `labels` (B,) grows.

    "fgsm" is one step to the bound, "pgd" the worst of `steps` projected ones. `network` should be in
    evaluation mode. Raises UsageError for another method.
    """
    if method not in get_args(Method):
        raise unknown_name("attack on vectors", method, get_args(Method))
    embedded = network.embed(ids).detach()
    if method == "fgsm":
        moves = fast_gradient(network, embedded, lengths, labels=labels, bound=bound)
    else:
        moves = projected_gradient(network, embedded, lengths, labels=labels, bound=bound, steps=steps)
    with torch.no_grad():
        return Moved(network.classify(embedded + moves, lengths), moves)
