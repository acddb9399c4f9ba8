"""Stochastic gradient descent that turns to averaging when validation stops improving (NT-ASGD)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from torch import nn

from textkit.errors import UsageError
from textkit.models.optimizers.averages import holding
from textkit.models.optimizers.gradient_optimizer import GradientOptimizer, Group


class NTASGD(GradientOptimizer):
    """SGD at first; after a validation that does not beat the best of more than `patience` validations
    ago, the same with the mean of all weights since then (Merity, Keskar and Socher 2018,
    arXiv:1708.02182, section 4 and algorithm 1, where `patience` is n).

    The mean is that of `torch.optim.ASGD(t0=0, lambd=0)`: of the weights after each step since the
    trigger but the first. `weight_decay` is an L2 penalty, as in torch's SGD. Sparse gradients are fine.

    >>> import torch
    >>> weight = nn.Parameter(torch.zeros(1))
    >>> optimizer = NTASGD([weight], lr=1.0, patience=1)
    >>> for loss in (3.0, 2.0, 2.5, 2.4):
    ...     optimizer.observe(loss)
    >>> optimizer.averaging
    True
    """

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float, *, weight_decay: float = 0.0, patience: int = 5
    ) -> None:
        if patience < 1:
            raise UsageError(f"the patience of nt-asgd must be at least 1, not {patience}")
        # In the groups, whose state is saved: the validation losses, and the steps since the trigger.
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "losses": [], "averaged": None})
        self.patience = patience

    @property
    def averaging(self) -> bool:
        """Whether the weights are being averaged."""
        return self.param_groups[0]["averaged"] is not None

    def observe(self, loss: float, /) -> None:
        """Be told the loss of a validation; may be what starts the averaging."""
        group = self.param_groups[0]
        losses: list[float] = group["losses"]
        if not self.averaging and len(losses) > self.patience and loss > min(losses[: -self.patience]):
            for each in self.param_groups:
                each["averaged"] = 0
        group["losses"] = [*losses, loss]

    def _update(self, group: Group) -> None:
        for parameter in group["params"]:
            if parameter.grad is not None:
                # w - lr (g + d w), in an order that suits sparse gradients
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(parameter.grad, alpha=-group["lr"])
        if group["averaged"] is not None:
            group["averaged"] += 1
            for parameter in group["params"]:
                self._average(parameter, group["averaged"])

    def _average(self, parameter: nn.Parameter, steps: int) -> None:
        state: dict[str, Any] = self.state[parameter]
        if steps <= 2:
            state["average"] = parameter.detach().clone()
        else:
            state["average"].lerp_(parameter, 1 / (steps - 1))

    def averages(self) -> AbstractContextManager[None]:
        """Within the block the parameters hold their averages, if there are any yet."""
        return holding(self)
