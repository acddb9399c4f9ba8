"""A multilayer perceptron: linear maps with an activation function between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from textkit.errors import UsageError, unknown_name
from textkit.models.dropout import InvertedDropout
from textkit.models.perceptrons.activations import ACTIVATIONS
from textkit.models.perceptrons.initialisation import initialise
from textkit.models.perceptrons.maxout import Maxout

MAXOUT = "maxout"
_START = {"relu": "kaiming"}  # xavier for the others


class MultilayerPerceptron(nn.Module):
    """h_0 = x; h_l = f(W_l h_(l-1) + b_l); the output is the last map, without f: (B, K).

    `widths` are those of the input, of each hidden layer and of the output: two of them are a linear model.
    f is relu, sigmoid, tanh or maxout; a layer of Maxout has `pieces` linear maps. `dropout` is the share of
    each hidden layer's units that is dropped in training. Biases start at 0, weights as `initialisation`
    says (None: kaiming for relu, xavier else; of two normal pieces of Maxout the larger has the mean square
    of either, so that nothing is lost as it is in relu). Random numbers of the start come from `generator`,
    torch's own where it is None. Raises UsageError for settings that make no sense.

    >>> network = MultilayerPerceptron([4, 8, 8, 3], "tanh", generator=torch.Generator().manual_seed(1))
    >>> network(torch.zeros(2, 4)).shape, sum(p.numel() for p in network.parameters())
    (torch.Size([2, 3]), 139)
    >>> MultilayerPerceptron([4, 3], "rleu")
    Traceback (most recent call last):
    textkit.errors.UsageError: unknown activation 'rleu': did you mean 'relu'? (known: maxout, relu, ...)
    """

    def __init__(
        self,
        widths: Sequence[int],
        activation: str = "relu",
        *,
        dropout: float = 0.0,
        initialisation: str | None = None,
        pieces: int = 2,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if len(widths) < 2 or min(widths) < 1:
            raise UsageError(
                f"widths are those of input, hidden layers and output, at least 1 each, not {list(widths)}"
            )
        if activation != MAXOUT and activation not in ACTIVATIONS:
            raise unknown_name("activation", activation, [*ACTIVATIONS, MAXOUT])
        self.activation = activation
        self.hidden = nn.ModuleList(
            Maxout(inputs, outputs, pieces=pieces) if activation == MAXOUT else nn.Linear(inputs, outputs)
            for inputs, outputs in pairwise(widths[:-1])
        )
        self.output = nn.Linear(widths[-2], widths[-1])
        self.dropout = InvertedDropout(dropout)
        for layer in (*self.hidden, self.output):
            linear = layer.linear if isinstance(layer, Maxout) else layer
            nn.init.zeros_(linear.bias)
            initialise(
                linear.weight,
                initialisation or _START.get(activation, "xavier"),
                fan_out=linear.out_features // (pieces if layer is not linear else 1),
                generator=generator,
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, widths[0]) to (B, widths[-1])."""
        return self.layers(x)[-1]

    def layers(self, x: Tensor) -> list[Tensor]:
        """What each layer gives for `x` (B, widths[0]): the hidden ones, (B, width), then the output."""
        made: list[Tensor] = []
        for layer in self.hidden:
            z = layer(x)
            x = self.dropout(z if self.activation == MAXOUT else ACTIVATIONS[self.activation](z))
            made.append(x)
        return [*made, self.output(x)]
