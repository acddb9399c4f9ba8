"""Recurrent networks over ids, on torch's own RNN, GRU and LSTM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError

Cell = Literal["rnn", "gru", "lstm"]
CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}

# One tensor for RNN and GRU, hidden state and memory cell for LSTM; each (layers, B, hidden).
Hidden = tuple[Tensor, ...]


@dataclass(frozen=True)
class RecurrentSettings:
    """What a recurrent language model is made of.

    V `vocab_size`; `embedding` and `hidden` are widths. `tied` shares the embedding with the output
    layer (Press and Wolf 2017, arXiv:1608.05859) and needs equal widths. `dropout` acts on the
    embedding, between layers, and before the output (Zaremba et al. 2014, arXiv:1409.2329).
    """

    cell: Cell
    vocab_size: int
    embedding: int = 200
    hidden: int = 200
    layers: int = 1
    dropout: float = 0.0
    tied: bool = False

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise UsageError(f"cell must be one of {', '.join(CELLS)}, not {self.cell!r}")
        if min(self.vocab_size, self.embedding, self.hidden, self.layers) < 1:
            raise UsageError("vocab_size, embedding, hidden and layers must be at least 1")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout must lie in [0, 1), not {self.dropout}")
        if self.tied and self.embedding != self.hidden:
            raise UsageError(
                f"tied weights need equal widths: embedding {self.embedding}, hidden {self.hidden}"
            )


class RecurrentNetwork(nn.Module):
    """Embedding, recurrent layers, and a linear layer to V logits.

    >>> network = RecurrentNetwork(RecurrentSettings("lstm", vocab_size=7, embedding=4, hidden=4))
    >>> logits, state = network(torch.zeros(2, 5, dtype=torch.long), network.zero_state(2))
    >>> logits.shape, state[0].shape
    (torch.Size([2, 5, 7]), torch.Size([1, 2, 4]))
    """

    def __init__(self, settings: RecurrentSettings) -> None:
        super().__init__()
        self.settings = s = settings
        self.embedding = nn.Embedding(s.vocab_size, s.embedding)
        self.dropout = nn.Dropout(s.dropout)
        between = s.dropout if s.layers > 1 else 0.0  # torch warns of dropout on a single layer
        self.layers = CELLS[s.cell](s.embedding, s.hidden, s.layers, batch_first=True, dropout=between)
        self.bias = nn.Parameter(torch.zeros(s.vocab_size))
        self.output = None if s.tied else nn.Parameter(torch.empty(s.vocab_size, s.hidden))
        # The ranges of Zaremba et al. 2014; torch's unit-normal embedding makes tied logits far too large.
        for weight in (self.embedding.weight, self.output):
            if weight is not None:
                nn.init.uniform_(weight, -0.1, 0.1)

    def zero_state(self, batch: int) -> Hidden:
        """The state before anything was read: zeros, each (layers, B, hidden)."""
        zeros = self.bias.new_zeros(self.settings.layers, batch, self.settings.hidden)
        return (zeros, zeros.clone()) if self.settings.cell == "lstm" else (zeros,)

    def features(self, ids: Tensor, state: Hidden) -> tuple[Tensor, Hidden]:
        """Read `ids` (B, T); the last layer's outputs (B, T, hidden) and the state after them."""
        embedded = self.dropout(self.embedding(ids))  # (B, T, embedding)
        outputs, after = self.layers(embedded, state if self.settings.cell == "lstm" else state[0])
        return self.dropout(outputs), cast(Hidden, after if self.settings.cell == "lstm" else (after,))

    def logits(self, features: Tensor) -> Tensor:
        """Scores (..., V) of features (..., hidden)."""
        weight = self.embedding.weight if self.output is None else self.output
        return functional.linear(features, weight, self.bias)

    def forward(self, ids: Tensor, state: Hidden) -> tuple[Tensor, Hidden]:
        """Logits (B, T, V) of what follows each of `ids` (B, T), and the state after the last."""
        features, after = self.features(ids, state)
        return self.logits(features), after
