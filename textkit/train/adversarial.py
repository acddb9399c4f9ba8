"""Adversarial training: the loss of a minibatch whose word vectors were moved to where they hurt most.

Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572; for text Miyato, Dai and Goodfellow 2017,
arXiv:1605.07725; with several steps Madry et al. 2018, arXiv:1706.06083.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.perturbation import Bound, projected_gradient, real
from textkit.models.text_network import UNLABELLED, Passage, TextNetwork


@dataclass(frozen=True, eq=False)
class AdversarialPenalty:
    """`weight` times the mean cross-entropy of the labelled rows, attacked within `bound`; a `Penalty`.

    A row counts what its class does in the loss itself, `class_weights` (K,), one if None.

    With `steps` 1 the attack is one step along the gradient that the minibatch's own loss has, which costs
    no forward pass of its own; with more it is projected gradient ascent. The bound is a share of the
    vectors' own length, so that longer vectors buy nothing.
    """

    bound: Bound
    steps: int = 1
    weight: float = 1.0
    class_weights: Tensor | None = None

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError(f"adversarial training needs 1 step of attack at least, not {self.steps}")

    def __call__(self, network: TextNetwork, passage: Passage, /) -> Tensor:
        """The penalty: 0 where no row has a label."""
        known = passage.labels != UNLABELLED
        if not known.any():
            return passage.logits.new_zeros(())
        moves = self._moves(network, passage, known)
        attacked = network.classify(passage.embedded[known] + moves, passage.lengths[known])
        labels = passage.labels[known]
        weights = None if self.class_weights is None else self.class_weights.to(attacked)
        total = functional.cross_entropy(attacked, labels, weight=weights, reduction="sum")
        return self.weight * (total / len(labels))

    def _moves(self, network: TextNetwork, passage: Passage, known: Tensor) -> Tensor:
        embedded, lengths, labels = (
            passage.embedded[known].detach(),
            passage.lengths[known],
            passage.labels[known],
        )
        if self.steps > 1:
            return projected_gradient(
                network, embedded, lengths, labels=labels, bound=self.bound, steps=self.steps
            )
        loss = functional.cross_entropy(passage.logits[known], labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, passage.embedded, retain_graph=True)
        gradient = gradient[known] * real(embedded, lengths)
        return self.bound.radius(embedded, lengths) * self.bound.direction(gradient)
