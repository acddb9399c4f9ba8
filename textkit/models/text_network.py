"""What every network that judges whole texts is to the rest: words become vectors, vectors a class.

B rows, T steps, E embedding width, K classes. Explanations, attacks and defences all work on the
vectors between the two halves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

UNLABELLED = -1  # as a label: only penalties look at the row


class TextNetwork(Protocol):
    """A network in two halves; what stands beyond a row's length never changes its logits."""

    def embed(self, ids: Tensor, /) -> Tensor:
        """The vectors (B, T, E) of `ids` (B, T) int64; what pads a row is any id."""
        ...

    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) float32 of rows of which row b has `lengths[b]` (B,) real vectors, at least 1."""
        ...

    def __call__(self, ids: Tensor, lengths: Tensor, /) -> Tensor:
        """`classify(embed(ids), lengths)`, or the same in less time."""
        ...


class Passage(NamedTuple):
    """What a penalty sees of a minibatch: `embedded` (B, T, E), `lengths`, `labels` (B,), `logits` (B, K).

    A label is UNLABELLED where nobody knows it.
    """

    embedded: Tensor
    lengths: Tensor
    labels: Tensor
    logits: Tensor


Penalty = Callable[[TextNetwork, Passage], Tensor]
"""A scalar that is added to the loss of a minibatch: adversarial training, entropy, consistency."""


def real_steps(lengths: Tensor, steps: int) -> Tensor:
    """Which of `steps` places are within each row's length: (B, T) bool.

    >>> real_steps(torch.tensor([1, 3]), 3).tolist()
    [[True, False, False], [True, True, True]]
    """
    return torch.arange(steps, device=lengths.device) < lengths[:, None]
