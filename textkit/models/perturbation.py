"""Word vectors moved, within a bound, to where a network errs most: attacks and training against them use it.

B rows, T steps, E embedding width, K classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from textkit.errors import UsageError, unknown_name
from textkit.models.text_network import TextNetwork, real_steps

Scope = Literal["word", "text"]
STRIDE = (
    2.5  # of the bound over the steps: far enough to reach it from within and to turn (Madry et al. 2018)
)


def real(embedded: Tensor, lengths: Tensor) -> Tensor:
    """Which steps of `embedded` (B, T, E) stand for words: (B, T, 1), true before `lengths` (B,)."""
    return real_steps(lengths, embedded.shape[1])[:, :, None]


@dataclass(frozen=True)
class Bound:
    """How far word vectors may be moved, in L2, as a share `epsilon` of their mean length in the text.

    Of scope "word" every vector moves by at most `epsilon` times that length; of scope "text" the root
    mean square of the moves is bounded by it, so that a few words may move further.
    """

    epsilon: float
    scope: Scope = "word"

    def __post_init__(self) -> None:
        if self.scope not in get_args(Scope):
            raise unknown_name("scope of a bound", self.scope, get_args(Scope))
        if not 0 < self.epsilon < math.inf:
            raise UsageError(f"epsilon must be above 0 and finite, not {self.epsilon}")

    def radius(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """The greatest L2 length of a move: of one word (B, 1, 1), or of all those of a text together.

        >>> vectors = torch.tensor([[[3.0, 4.0], [0.0, 1.0]]])
        >>> Bound(0.5).radius(vectors, torch.tensor([2])).item()
        1.5
        """
        norms: Tensor = torch.linalg.vector_norm(embedded, dim=2, keepdim=True) * real(embedded, lengths)
        count = lengths[:, None, None]
        radius = self.epsilon * norms.sum(1, keepdim=True) / count
        return radius if self.scope == "word" else radius * count.sqrt()

    def length(self, moves: Tensor) -> Tensor:
        """What is bounded: the L2 lengths of `moves` (B, T, E), (B, T, 1) by word or (B, 1, 1) by text."""
        dims = 2 if self.scope == "word" else (1, 2)
        length: Tensor = torch.linalg.vector_norm(moves, dim=dims, keepdim=True)
        return length

    def direction(self, gradient: Tensor) -> Tensor:
        """The move of length 1 along `gradient` (B, T, E) in this scope; none where there is no gradient."""
        length = self.length(gradient)
        return gradient / length.where(length > 0, 1.0)

    def project(self, moves: Tensor, radius: Tensor) -> Tensor:
        """The nearest moves (B, T, E) within the bound."""
        length = self.length(moves)
        return moves * (radius / length.where(length > 0, 1.0)).clamp(max=1.0)


def loss_gradient(
    network: TextNetwork, embedded: Tensor, lengths: Tensor, *, labels: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-entropy of each row (B,), its gradient (B, T, E) at `embedded`, and the logits (B, K)."""
    leaf = embedded.detach().requires_grad_()
    # cudnn differentiates recurrent layers in training mode only.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        logits = network.classify(leaf, lengths)
        losses = functional.cross_entropy(logits, labels, reduction="none")
        (gradient,) = torch.autograd.grad(losses.sum(), leaf)
    return losses.detach(), gradient * real(embedded, lengths), logits.detach()


def fast_gradient(
    network: TextNetwork, embedded: Tensor, lengths: Tensor, *, labels: Tensor, bound: Bound
) -> Tensor:
    """The moves (B, T, E) that raise a linear loss most: one step to the bound along the gradient.

    The fast gradient method (Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572), in L2 as for text
    (Miyato, Dai and Goodfellow 2017, arXiv:1605.07725).
    """
    _, gradient, _ = loss_gradient(network, embedded, lengths, labels=labels)
    return bound.radius(embedded.detach(), lengths) * bound.direction(gradient)


def projected_gradient(
    network: TextNetwork, embedded: Tensor, lengths: Tensor, *, labels: Tensor, bound: Bound, steps: int
) -> Tensor:
    """The moves (B, T, E) of the highest loss met in `steps` steps, each projected back into the bound.

    Projected gradient ascent (Madry et al. 2018, arXiv:1706.06083). The first step is that of
    `fast_gradient`; the others are shorter. Raises UsageError unless there is a step.
    """
    if steps < 1:
        raise UsageError(f"projected gradient ascent needs 1 step at least, not {steps}")
    embedded = embedded.detach()
    radius = bound.radius(embedded, lengths)
    moves = best = torch.zeros_like(embedded)
    highest = torch.full((len(embedded),), -torch.inf, device=embedded.device)
    for step in range(steps + 1):
        losses, gradient, _ = loss_gradient(network, embedded + moves, lengths, labels=labels)
        higher = losses > highest
        highest = losses.where(higher, highest)
        best = moves.where(higher[:, None, None], best)
        if step < steps:
            stride = radius if step == 0 else STRIDE * radius / steps
            moves = bound.project(moves + stride * bound.direction(gradient), radius)
    return best
