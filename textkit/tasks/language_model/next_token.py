"""The objective of a neural language model: predict what comes next."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from textkit.data.windows import Window
from textkit.models.network import Network, State, detach
from textkit.models.precision import Precision


class WindowLoss(nn.Module):
    """Reads a window and gives its mean loss with the state after it: what runs forward in training.

    `activation` and `slowness` weigh the squared features after dropout and the squared change of the
    raw ones from step to step (AR and TAR: Merity, McCann and Socher 2017, arXiv:1708.01009).
    """

    def __init__(self, network: Network, *, activation: float = 0.0, slowness: float = 0.0) -> None:
        super().__init__()
        self.network = network
        self.activation, self.slowness = activation, slowness

    def forward(self, inputs: Tensor, targets: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """`inputs` and `targets` (B, T); gives the loss to learn from, the cross-entropy in it, the state."""
        features, raw, after = self.network.read(inputs, state)
        entropy = self.network.output.loss(features.flatten(0, 1), targets.flatten())
        loss = entropy
        if self.activation:
            loss = loss + self.activation * features.float().pow(2).mean()
        if self.slowness and raw.shape[1] > 1:
            loss = loss + self.slowness * (raw[:, 1:] - raw[:, :-1]).float().pow(2).mean()
        return loss, entropy.detach(), after


class NextToken:
    """The loss of the next token, an `Objective`; carries states over windows that continue.

    `module` is a `WindowLoss` of `network`, which may be wrapped. States are kept by the first row of the
    windows they belong to, since a minibatch may come in parts.
    """

    def __init__(
        self, network: Network, module: nn.Module, *, device: torch.device, precision: Precision
    ) -> None:
        self.network, self.module = network, module
        self.device, self.precision = device, precision
        self.states: dict[int, State] = {}

    def __call__(self, window: Window) -> tuple[Tensor, Tensor, int]:
        """The loss to learn from, the mean cross-entropy (nats) in it, and the number of predictions."""
        inputs = torch.from_numpy(window.inputs).to(self.device)  # (B, T)
        targets = torch.from_numpy(window.targets).to(self.device)
        state = self.states.get(window.first)
        if state is None or not window.continues:
            state = self.network.zero_state(len(inputs))
        with self.precision.autocast():
            loss, entropy, after = self.module(inputs, targets, state)
        if self.network.carries:
            self.states[window.first] = detach(after)  # the graph ends with the window
        return loss, entropy, window.predictions

    def state_dict(self) -> dict[str, Any]:
        """The carried states."""
        return {"states": {first: [part.cpu() for part in state] for first, state in self.states.items()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up carried states."""
        self.states = {
            first: tuple(part.to(self.device) for part in parts) for first, parts in state["states"].items()
        }
