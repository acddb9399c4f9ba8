"""A network whose output is shorter than its input, without being told which part is which: CTC.

B rows, T steps of input, V input ids, K output ids without the blank.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.models.cells import Cell
from textkit.models.encoder import RecurrentEncoder

BLANK = 0  # among the K + 1 ids of the output


class CTCNetwork(nn.Module):
    """Embedding, bidirectional encoder, and at each step a distribution over K labels (1..K) and the blank.

    Trained by the sum over all alignments (Graves et al. 2006); `textkit.decode.ctc` reads its output.

    >>> network = CTCNetwork(30, 26, embedding=8, hidden=8)
    >>> network(torch.zeros(2, 5, dtype=torch.long), torch.tensor([5, 3])).shape
    torch.Size([2, 5, 27])
    """

    def __init__(
        self,
        vocab_size: int,
        labels: int,
        *,
        embedding: int,
        hidden: int,
        cell: Cell = "gru",
        layers: int = 1,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding)
        self.encoder = RecurrentEncoder(cell, embedding, hidden=hidden, layers=layers)
        self.output = nn.Linear(2 * hidden, labels + 1)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Log probabilities (B, T, K+1) for `ids` (B, T) int64 of rows with `lengths` (B,) real steps."""
        encoded = self.encoder(self.embedding(ids), lengths).outputs
        return torch.log_softmax(self.output(encoded), dim=2)

    def loss(self, ids: Tensor, lengths: Tensor, *, labels: Tensor, label_lengths: Tensor) -> Tensor:
        """The mean over rows of -log p(labelling), in nats: `labels` (B, L) int64 from 1 to K.

        A labelling that is too long for its row (a blank must part equal neighbours) has no alignment;
        it counts nothing.
        """
        log_probs = self(ids, lengths).transpose(0, 1)  # (T, B, K+1)
        losses = functional.ctc_loss(
            log_probs, labels, lengths, label_lengths, blank=BLANK, reduction="none", zero_infinity=True
        )
        return losses.mean()
