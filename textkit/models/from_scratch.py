"""What training and predicting need beside the cells, written out: clipping, and going on from a prefix."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from textkit.errors import UsageError
from textkit.models.network import Network


def clip_by_norm(gradients: Sequence[Tensor], max_norm: float) -> float:
    """Scale `gradients` in place so that together their norm is at most `max_norm`; the norm before.

    g' = g min(1, max_norm / ||g||), with ||g|| over all of them (Pascanu et al. 2013, arXiv:1211.5063).

    >>> gradients = [torch.tensor([3.0]), torch.tensor([4.0])]
    >>> clip_by_norm(gradients, 1.0), [round(float(gradient), 3) for gradient in gradients]
    (5.0, [0.6, 0.8])
    """
    norm = math.sqrt(sum(float(gradient.pow(2).sum()) for gradient in gradients))
    if norm > max_norm:
        for gradient in gradients:
            gradient.mul_(max_norm / norm)
    return norm


def continue_prefix(network: Network, prefix: Sequence[int], *, count: int) -> list[int]:
    """Read `prefix` to warm up the state, then `count` times the likeliest next id, read in turn.

    The network should be in eval mode. Raises UsageError for an empty prefix: nothing follows from nothing.
    """
    if not prefix:
        raise UsageError("continue_prefix needs at least one id to go on from")
    made: list[int] = []
    unread, state = list(prefix), network.zero_state(1)
    with torch.inference_mode():
        for _ in range(count):
            reading = network.read(torch.tensor([unread]), state)
            unread = [int(network.output.log_probs(reading.features[:, -1]).argmax())]
            made, state = made + unread, reading.state
    return made
