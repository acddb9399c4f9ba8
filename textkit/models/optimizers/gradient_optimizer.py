"""What the optimisers of this package share: the way through the parameters, and what they refuse."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from textkit.errors import UsageError

Parameters = Iterable[nn.Parameter] | Iterable[dict[str, Any]]
Group = dict[str, Any]
State = dict[str, Any]

# The lowest value of a setting, and what it must stay below.
_RANGES = {
    "lr": (0.0, math.inf),
    "weight_decay": (0.0, math.inf),
    "eps": (0.0, math.inf),
    "tolerance": (0.0, math.inf),
    "momentum": (0.0, 1.0),
    "alpha": (0.0, 1.0),
    "beta1": (0.0, 1.0),
    "beta2": (0.0, 1.0),
}


class GradientOptimizer(Optimizer, ABC):
    """An optimiser that moves each parameter by its gradient and a state of its own.

    `weight_decay` d is an L2 penalty: g + d w stands for the gradient g of the weights w. State and settings
    are tensors and numbers, so that `state_dict` holds all there is. Raises UsageError for a setting out of
    its range, in whichever group of parameters, and at a step for a sparse gradient.
    """

    def add_param_group(self, param_group: Group) -> None:
        """Take in parameters with settings of their own; the constructor does it with its parameters."""
        settings = self.defaults | param_group
        named = dict(zip(("beta1", "beta2"), settings.get("betas", ()), strict=False))
        for name, value in (settings | named).items():
            low, high = _RANGES.get(name, (-math.inf, math.inf))
            if name in _RANGES and not low <= value < high:
                allowed = (
                    f"lie in [{low:g}, {high:g})" if high < math.inf else f"be finite and at least {low:g}"
                )
                raise UsageError(f"the {name} of {type(self).__name__} must {allowed}, not {value}")
        super().add_param_group(param_group)

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move against the gradient; `closure` as in every torch optimiser."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._update(group)
        return loss

    @abstractmethod
    def _update(self, group: Group) -> None:
        """Move the parameters of a group."""

    def _gradients(self, group: Group) -> list[tuple[nn.Parameter, Tensor, State]]:
        """The parameters that have a gradient, these with the weight decay in them, and their states."""
        found = []
        for parameter in group["params"]:
            gradient = parameter.grad
            if gradient is None:
                continue
            if gradient.is_sparse:
                raise UsageError(
                    f"{type(self).__name__} cannot use sparse gradients: make the embedding with sparse=False"
                )
            if group["weight_decay"]:
                gradient = gradient.add(parameter, alpha=group["weight_decay"])
            found.append((parameter, gradient, self.state[parameter]))
        return found
