"""Logistic and softmax regression as modules, and logistic units in cascade.

B rows, F features, K classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textkit.errors import UsageError
from textkit.models.classification.logistic import Logistic
from textkit.models.classification.softmax import Softmax


class LogisticUnit(nn.Module):
    """x w + b, the log odds of class 1: (B, F) to (B,). Weights begin at zero.

    >>> LogisticUnit(3)(torch.ones(2, 3)).tolist()
    [0.0, 0.0]
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(features))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, rows: Tensor) -> Tensor:
        """The scores of rows."""
        return rows @ self.weights + self.bias

    def learnt(self) -> Logistic:
        """What it has learnt, for numpy."""
        return Logistic(self.weights.detach().double().numpy().copy(), float(self.bias.detach()))


class SoftmaxUnits(nn.Module):
    """x W + b, the scores of K classes: (B, F) to (B, K). Weights begin at zero."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(features, classes))
        self.biases = nn.Parameter(torch.zeros(classes))

    def forward(self, rows: Tensor) -> Tensor:
        """The scores of rows."""
        return rows @ self.weights + self.biases

    def learnt(self) -> Softmax:
        """What it has learnt, for numpy."""
        weights, biases = (part.detach().double().numpy().copy() for part in (self.weights, self.biases))
        return Softmax(weights, biases)


class CascadedUnits(nn.Module):
    """Logistic units of which each sees the features and what the units before it say: (B, F) to (B,).

    The score of unit k is (x, h_1, ..., h_k-1) w_k + b_k, and h_k its sigmoid; that of the last unit comes
    out (the layout of cascade-correlation, Fahlman and Lebiere 1990; all units are learnt together here).
    Weights are drawn from N(0, 1) by `generator`. Raises UsageError for fewer than one unit.

    >>> units = CascadedUnits(2, 2, generator=torch.Generator().manual_seed(0))
    >>> units(torch.zeros(4, 2)).shape, units.hidden(torch.zeros(4, 2)).shape
    (torch.Size([4]), torch.Size([4, 1]))
    """

    def __init__(self, features: int, units: int, *, generator: torch.Generator) -> None:
        super().__init__()
        if units < 1:
            raise UsageError(f"units must be at least 1, not {units}")
        drawn = [torch.randn(features + before, generator=generator) for before in range(units)]
        self.weights = nn.ParameterList(drawn)
        self.biases = nn.Parameter(torch.randn(units, generator=generator))

    def _scores(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Of the last unit, (B,), and what it sees, (B, F + units - 1)."""
        scores = rows @ self.weights[0] + self.biases[0]
        for weights, bias in zip(list(self.weights)[1:], self.biases[1:], strict=True):
            rows = torch.cat([rows, torch.sigmoid(scores)[:, None]], dim=1)
            scores = rows @ weights + bias
        return scores, rows

    def hidden(self, rows: Tensor) -> Tensor:
        """What all units but the last say, from 0 to 1: (B, units - 1)."""
        return self._scores(rows)[1][:, rows.shape[1] :]

    def forward(self, rows: Tensor) -> Tensor:
        """The scores of the last unit."""
        return self._scores(rows)[0]
