"""Recurrent readers of whole texts: attention over all they read, or what they remember at the ends.

B rows, T steps, D width of the features, H width of a direction, K classes.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from textkit.errors import unknown_name
from textkit.models.cells import Cell
from textkit.models.encoder import RecurrentEncoder
from textkit.models.text_classifiers.word_network import WordNetwork, check_share
from textkit.models.text_network import real_steps

Pooling = Literal["attention", "last"]


class AttentionPooling(nn.Module):
    """One vector of many, by how much each matters (Yang et al. 2016, NAACL, section 2.2, word attention).

    u_t = tanh(W h_t + b), a_t = softmax_t(u_t · c), s = sum_t a_t h_t over a row's real steps, where
    the vector `context` c is learnt.

    >>> pooling = AttentionPooling(4)
    >>> pooling(torch.zeros(2, 3, 4), torch.tensor([3, 1])).shape
    torch.Size([2, 4])
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(width, width)
        self.context = nn.Parameter(torch.randn(width) / width**0.5)

    def attention(self, features: Tensor, lengths: Tensor) -> Tensor:
        """How much each step of `features` (B, T, D) matters: (B, T), rows sum to one, 0 beyond the end."""
        scores = torch.tanh(self.project(features)) @ self.context  # (B, T)
        return scores.masked_fill(~real_steps(lengths, features.shape[1]), -torch.inf).softmax(dim=1)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """The weighted sums (B, D) of `features` (B, T, D); beyond the end they must be finite."""
        return torch.bmm(self.attention(features, lengths)[:, None], features)[:, 0]


class RecurrentClassifier(WordNetwork):
    """Word vectors read from both ends, then one linear layer.

    Its input (B, 2H) is by `pooling`: "attention", the sum of the states that `AttentionPooling` weighs
    (Yang et al. 2016, NAACL); "last", what both directions of the top layer remember when they are
    through (many to one). `dropout` acts on the vectors, between layers and before the output. Raises
    UsageError for settings that make no sense.

    >>> network = RecurrentClassifier(10, 4, classes=2, hidden=3, cell="gru", pooling="attention")
    >>> network(torch.zeros(2, 6, dtype=torch.int64), torch.tensor([6, 1])).shape
    torch.Size([2, 2])
    """

    def __init__(
        self,
        vocab_size: int,
        embedding: int,
        *,
        classes: int,
        hidden: int,
        cell: Cell,
        pooling: Pooling,
        layers: int = 1,
        dropout: float = 0.0,
        dropout_words: float = 0.0,
    ) -> None:
        super().__init__(vocab_size, embedding, dropout_words=dropout_words)
        check_share("dropout", dropout)
        if pooling not in get_args(Pooling):
            raise unknown_name("pooling", pooling, get_args(Pooling))
        self.encoder = RecurrentEncoder(
            cell, embedding, hidden=hidden, layers=layers, dropout=dropout, initial="orthogonal"
        )
        self.pooling = AttentionPooling(2 * hidden) if pooling == "attention" else None
        self.top = -2 if cell == "lstm" else -1  # where the encoder's state has h of the top layer
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * hidden, classes)

    def features(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """One vector for each text: (B, 2H)."""
        encoding = self.encoder(self.dropout(embedded), lengths)
        features: Tensor = (
            encoding.state[self.top] if self.pooling is None else self.pooling(encoding.outputs, lengths)
        )
        return features

    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) of vectors (B, T, E) of which row b has `lengths[b]` real ones."""
        logits: Tensor = self.output(self.dropout(self.features(embedded, lengths)))
        return logits
