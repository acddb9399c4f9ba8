"""TextCNN: filters that look for short phrases, each represented by where it fits best.

B rows, T steps, E embedding width, F filters of a width, K classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.text_classifiers.word_network import WordNetwork, check_share
from textkit.models.text_network import real_steps


class TextCNN(WordNetwork):
    """Convolution over time and its maximum (Kim 2014, arXiv:1408.5882, section 2).

    c_i = relu(W x_{i:i+h} + b) for each width h of `widths`, feature max_i c_i over the windows that
    begin at a real word; beyond the end of a text stand zero vectors. The features of all widths, some
    dropped in training, go through one linear layer. Raises UsageError for settings that make no sense.

    >>> network = TextCNN(10, 4, classes=3, filters=5, widths=(2, 3))
    >>> network(torch.zeros(2, 6, dtype=torch.int64), torch.tensor([6, 1])).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        vocab_size: int,
        embedding: int,
        *,
        classes: int,
        filters: int,
        widths: Sequence[int] = (1, 2, 3),
        dropout: float = 0.0,
        dropout_words: float = 0.0,
    ) -> None:
        super().__init__(vocab_size, embedding, dropout_words=dropout_words)
        if not widths or min(widths) < 1 or filters < 1:
            raise UsageError(f"a TextCNN needs widths and filters of at least 1, not {widths} and {filters}")
        check_share("dropout", dropout)
        self.filters = nn.ModuleList(nn.Conv1d(embedding, filters, width) for width in widths)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(filters * len(widths), classes)

    def features(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """What every filter found at its best place: (B, F * number of widths), the first width's first."""
        real = real_steps(lengths, embedded.shape[1])
        inputs = embedded.masked_fill(~real[..., None], 0).transpose(1, 2)  # (B, E, T)
        found = []
        for each in self.filters:
            assert isinstance(each, nn.Conv1d)
            activations = each(functional.pad(inputs, (0, each.kernel_size[0] - 1)))  # (B, F, T)
            found.append(activations.masked_fill(~real[:, None], -torch.inf).amax(dim=2))
        return torch.cat(found, dim=1).relu()  # it leaves the order as it is: after the maximum it is cheaper

    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) of vectors (B, T, E) of which row b has `lengths[b]` real ones."""
        logits: Tensor = self.output(self.dropout(self.features(embedded, lengths)))
        return logits
