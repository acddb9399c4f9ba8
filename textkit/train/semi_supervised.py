"""What a network learns from texts without labels: penalties on the rows whose label is UNLABELLED.

B rows, U unlabelled ones, T steps, E embedding width, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from textkit.models.perturbation import Bound, real
from textkit.models.text_network import UNLABELLED, Passage, TextNetwork

PROBE = 0.03
NEAR = Bound(0.3, "text")


@dataclass(frozen=True)
class PseudoLabels:
    """Learn from one's own guess where it is surer than `threshold` (Lee 2013, "Pseudo-Label").

    The cross-entropy of those rows with their likeliest class, over all unlabelled rows, times `weight`.
    """

    weight: float = 1.0
    threshold: float = 0.9

    def __call__(self, network: TextNetwork, passage: Passage) -> Tensor:  # noqa: ARG002
        """The penalty, a scalar; 0 without an unlabelled row."""
        logits = _unlabelled(passage).logits
        if not len(logits):
            return passage.logits.new_zeros(())
        sureness, guess = logits.detach().softmax(1).max(1)
        losses = functional.cross_entropy(logits, guess, reduction="none")
        return self.weight * (losses * (sureness > self.threshold)).mean()


@dataclass(frozen=True)
class EntropyPenalty:
    """Be sure of unlabelled texts: the mean entropy of their predictions (Grandvalet and Bengio 2005).

    >>> passage = Passage(torch.zeros(1, 1, 1), torch.ones(1), torch.tensor([UNLABELLED]), torch.zeros(1, 2))
    >>> round(float(EntropyPenalty()(None, passage)), 4)
    0.6931
    """

    weight: float = 1.0

    def __call__(self, network: TextNetwork | None, passage: Passage) -> Tensor:  # noqa: ARG002
        """The penalty, a scalar; 0 without an unlabelled row."""
        logits = _unlabelled(passage).logits
        if not len(logits):
            return passage.logits.new_zeros(())
        logs = logits.log_softmax(1)
        return self.weight * -(logs.exp() * logs).sum(1).mean()


@dataclass(frozen=True)
class ConsistencyPenalty:
    """Answer the same when word vectors move a little: virtual adversarial training.

    KL(p(x) || p(x + r)) of every row, labelled or not, where r is the direction that changes the
    prediction most, found by one step of power iteration (Miyato, Maeda, Koyama and Ishii 2019,
    arXiv:1704.03976, algorithm 1; on word vectors Miyato, Dai and Goodfellow 2017, arXiv:1605.07725).
    r is as long as `bound` allows; the direction is found from a step of the length `PROBE` times that.
    """

    weight: float = 1.0
    bound: Bound = NEAR

    def __call__(self, network: TextNetwork, passage: Passage) -> Tensor:
        """The penalty, a scalar."""
        vectors, lengths = passage.embedded.detach(), passage.lengths
        words, radius = real(vectors, lengths), self.bound.radius(vectors, lengths)
        target = passage.logits.detach().log_softmax(1)

        def divergence(embedded: Tensor) -> Tensor:
            moved = network.classify(embedded, lengths).log_softmax(1)
            return functional.kl_div(moved, target, reduction="batchmean", log_target=True)

        noise = PROBE * radius * self.bound.direction(torch.randn_like(vectors) * words)
        (slope,) = torch.autograd.grad(divergence(vectors + noise.requires_grad_()), noise)
        move = radius * self.bound.direction(slope * words)
        return self.weight * divergence(passage.embedded + move)


def _unlabelled(passage: Passage) -> Passage:
    rows = passage.labels == UNLABELLED
    return Passage(*(each[rows] for each in passage))
