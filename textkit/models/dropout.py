"""Dropout in recurrent networks: where it acts, and the three kinds that plain dropout does not cover.

T time, B batch, D width, V vocabulary. Masks come from torch's global generator, as in torch's own
dropout. What is kept is divided by 1 - p, so that expectations stay the same; outside training
everything passes unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from torch import Tensor
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
