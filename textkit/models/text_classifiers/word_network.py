"""What the networks over words share: the table of word vectors, and the two halves put together.

B rows, T steps, V ids, E embedding width, K classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError


class WordNetwork(nn.Module, ABC):
    """A `TextNetwork` over a table `words` (V, E) of vectors, which start normal with deviation `spread`.

    In training a share `dropout_words` of a text's words is left out: their vectors are zeros, those of
    the others are scaled so that means stay the same (Iyyer et al. 2015, ACL, section 3.1). Raises
    UsageError for a table without rows or columns, and for a share outside [0, 1).
    """

    def __init__(self, vocab_size: int, width: int, *, dropout_words: float = 0.0, spread: float = 0.1):
        super().__init__()
        if min(vocab_size, width) < 1:
            raise UsageError(f"word vectors need ids and a width of at least 1, not {vocab_size} and {width}")
        check_share("dropout_words", dropout_words)
        self.words = nn.Embedding(vocab_size, width)
        nn.init.normal_(self.words.weight, std=spread)
        self.dropout_words = dropout_words

    def embed(self, ids: Tensor, /) -> Tensor:
        """The vectors (B, T, E) of `ids` (B, T) int64."""
        vectors: Tensor = self.words(ids)
        if not self.training or not self.dropout_words:
            return vectors
        return vectors * functional.dropout(vectors.new_ones(*ids.shape, 1), self.dropout_words)

    @abstractmethod
    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) of vectors (B, T, E) of which row b has `lengths[b]` real ones."""

    def forward(self, ids: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) of `ids` (B, T) of which row b has `lengths[b]` real ones."""
        return self.classify(self.embed(ids), lengths)


def check_share(name: str, share: float) -> None:
    """Raise UsageError for a share to drop that is not in [0, 1)."""
    if not 0 <= share < 1:
        raise UsageError(f"{name} must lie in [0, 1), not {share}")
