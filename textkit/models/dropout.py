"""Dropout: written out; where it acts in recurrent networks; and the kinds that plain dropout does not cover.

T time, B batch, D width, V vocabulary. Masks come from torch's global generator, as in torch's own
dropout. What is kept is divided by 1 - p, so that expectations stay the same; outside training
everything passes unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError


@dataclass(frozen=True)
class Dropouts:
    """Shares dropped in training, each in [0, 1).

    `input` acts on the embedded words, `hidden` between layers, `output` on the last layer's features,
    `embedding` on whole words' vectors, `weight` on the hidden-to-hidden weights (DropConnect). `locked`
    drops the same units of input, hidden and output at all steps of a window. Raises UsageError for a
    share outside [0, 1).

    >>> Dropouts(hidden=1.0)
    Traceback (most recent call last):
    textkit.errors.UsageError: dropout: hidden must lie in [0, 1), not 1.0
    """

    input: float = 0.0
    hidden: float = 0.0
    output: float = 0.0
    embedding: float = 0.0
    weight: float = 0.0
    locked: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            share = getattr(self, field.name)
            if field.name != "locked" and not 0 <= share < 1:
                raise UsageError(f"dropout: {field.name} must lie in [0, 1), not {share}")

    @classmethod
    def everywhere(cls, share: float) -> Dropouts:
        """The same share on inputs, between layers and on outputs (Zaremba et al. 2014, arXiv:1409.2329)."""
        return cls(input=share, hidden=share, output=share)


def inverted_dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """Each element of `x`, any shape: 0 with the chance `p`, else x / (1 - p).

    So E[dropped] = p 0 + (1 - p) x / (1 - p) = x, which is what evaluation passes on; the variance that
    training adds is x^2 p / (1 - p) (Srivastava et al. 2014, JMLR 15, section 10).
    """
    if not training or p == 0:
        return x
    kept = torch.empty_like(x).bernoulli_(1 - p)
    return x * (kept / (1 - p))


class InvertedDropout(nn.Module):
    """`inverted_dropout` as a module: acts in training only. Raises UsageError for a share outside [0, 1).

    >>> InvertedDropout(0.5).eval()(torch.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise UsageError(f"dropout must lie in [0, 1), not {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Of the shape of `x`."""
        return inverted_dropout(x, self.p, self.training)


def locked_dropout(features: Tensor, p: float, training: bool) -> Tensor:
    """Drop units of (T, B, D), the same ones at all T steps (Gal and Ghahramani 2016, arXiv:1512.05287)."""
    if not training or p == 0:
        return features
    return features * functional.dropout(features.new_ones(1, *features.shape[1:]), p)


def embedding_dropout(embedded: Tensor, ids: Tensor, *, vocab_size: int, p: float, training: bool) -> Tensor:
    """Drop whole words: all places of `embedded` (..., D) whose id is among the words drawn.

    `ids` (...) have V = `vocab_size` possible values. Equal to dropping rows of the embedding matrix
    (Gal and Ghahramani 2016; Merity et al. 2018, arXiv:1708.02182) without copying the matrix.
    """
    if not training or p == 0:
        return embedded
    kept = functional.dropout(embedded.new_ones(vocab_size, 1), p)
    return embedded * functional.embedding(ids, kept)


def drop_connect(weight: Tensor, p: float, training: bool) -> Tensor:
    """A copy of `weight` with single entries dropped (Wan et al. 2013; Merity et al. 2018).

    A value to compute with: the parameter stays whole, and its gradient is zero where it was dropped.
    """
    return functional.dropout(weight, p, training)
