"""Networks for which a text is a bag: the order of its words is lost.

B rows, T steps, V ids, E embedding width, K classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textkit.models.text_classifiers.word_network import WordNetwork, check_share
from textkit.models.text_network import real_steps


class MeanBag(WordNetwork):
    """The mean of the word vectors through one linear layer (Joulin et al. 2017, arXiv:1607.01759,
    section 2, without n-grams). Some of the mean's units are dropped in training. Raises UsageError for
    settings that make no sense.

    >>> MeanBag(10, 4, classes=2)(torch.tensor([[5, 6], [7, 0]]), torch.tensor([2, 1])).shape
    torch.Size([2, 2])
    """

    def __init__(
        self,
        vocab_size: int,
        embedding: int,
        *,
        classes: int,
        dropout: float = 0.0,
        dropout_words: float = 0.0,
    ) -> None:
        super().__init__(vocab_size, embedding, dropout_words=dropout_words)
        check_share("dropout", dropout)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(embedding, classes)

    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) of vectors (B, T, E) of which row b has `lengths[b]` real ones."""
        logits: Tensor = self.output(self.dropout(mean_of(embedded, lengths)))
        return logits


class HiddenBag(WordNetwork):
    """A bag of words through one hidden layer: relu(W x + b), then a linear layer.

    x (V,) are the relative frequencies of a text's words. W x is then the mean of the columns of W that
    belong to its words, so that x, nearly all zeros, is never made: the table `words` is the transposed
    W, and starts as nn.Linear(V, hidden) does. Raises UsageError for settings that make no sense.

    >>> HiddenBag(10, 4, classes=2)(torch.tensor([[5, 6], [7, 0]]), torch.tensor([2, 1])).shape
    torch.Size([2, 2])
    """

    def __init__(
        self,
        vocab_size: int,
        hidden: int,
        *,
        classes: int,
        dropout: float = 0.0,
        dropout_words: float = 0.0,
    ) -> None:
        super().__init__(vocab_size, hidden, dropout_words=dropout_words)
        check_share("dropout", dropout)
        bound = vocab_size**-0.5
        nn.init.uniform_(self.words.weight, -bound, bound)
        self.bias = nn.Parameter(torch.empty(hidden).uniform_(-bound, bound))
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, classes)

    def features(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """The hidden units (B, hidden)."""
        return (mean_of(embedded, lengths) + self.bias).relu()

    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) of vectors (B, T, E) of which row b has `lengths[b]` real ones."""
        logits: Tensor = self.output(self.dropout(self.features(embedded, lengths)))
        return logits


def mean_of(embedded: Tensor, lengths: Tensor) -> Tensor:
    """The mean (B, E) of each row's real vectors.

    >>> mean_of(torch.tensor([[[1.0], [3.0]], [[2.0], [9.0]]]), torch.tensor([2, 1])).tolist()
    [[2.0], [2.0]]
    """
    share = real_steps(lengths, embedded.shape[1]).to(embedded.dtype) / lengths[:, None]  # (B, T)
    return torch.bmm(share[:, None], embedded)[:, 0]
