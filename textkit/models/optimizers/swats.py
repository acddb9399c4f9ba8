"""SWATS: Adam, until it has shown which rate SGD should have."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from textkit.models.optimizers.gradient_optimizer import GradientOptimizer, Group, Parameters, State
from textkit.models.optimizers.moments import moments

_Moves = list[tuple[torch.nn.Parameter, Tensor, State]]


class SWATS(GradientOptimizer):
    """Adam that switches to SGD with momentum. At step k = 1, 2, ... with gradient g of the weights w:

    p = -lr m sqrt(1 - beta2^k) / (1 - beta1^k) / (sqrt(v) + eps)       Adam's step; m, v as in Adam
    w = w + p
    c = p.p / -p.g          the rate with which SGD's step, projected on p, is p; none where p.g = 0
    l = beta2 l + (1 - beta2) c             its mean (zero at first)
    switch if k > 1 and |l / (1 - beta2^k) - c| < tolerance, to the rate s = l / (1 - beta2^k)

    and after the switch, u being zero at first:

    u = beta1 u + g
    w = w - (1 - beta1) s u

    From Keskar and Socher 2017, "Improving generalization performance by switching from Adam to SGD",
    arXiv:1712.07628, algorithm 1. There eps and the tolerance are one number, 1e-9. A rate that is not above
    0 is never switched to, which the paper leaves open: it would climb. Where `lr` changes after the switch
    (a schedule), s changes in proportion. p and g are vectors of all weights of a group of parameters; groups
    switch each by themselves. `weight_decay` is an L2 penalty.

    Raises UsageError for a setting out of its range.

    >>> weight = torch.nn.Parameter(torch.zeros(1))
    >>> optimizer = SWATS([weight], 0.1, tolerance=1e-3)
    >>> for _ in range(3):
    ...     print([rate and round(rate, 6) for rate in optimizer.rates])
    ...     weight.grad = torch.ones(1)
    ...     optimizer.step()
    [None]
    [None]
    [0.1]
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-9,
        tolerance: float = 1e-9,
        weight_decay: float = 0.0,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "tolerance": tolerance,
            "weight_decay": weight_decay,
        }
        # In the groups, whose settings are saved: k, l, s, and the lr at which s was found.
        super().__init__(params, defaults | {"steps": 0, "mean": 0.0, "rate": None, "lr_then": None})

    @property
    def rates(self) -> list[float | None]:
        """For each group the rate of SGD; None while Adam goes on."""
        return [group["rate"] for group in self.param_groups]

    def _update(self, group: Group) -> None:
        moves = self._gradients(group)
        if not moves:
            return
        if group["rate"] is None:
            self._adam(group, moves)
        else:
            self._sgd(group, moves)

    def _sgd(self, group: Group, moves: _Moves) -> None:
        beta1, rate = group["betas"][0], group["rate"] * group["lr"] / group["lr_then"]
        for parameter, gradient, state in moves:
            if "u" not in state:
                state.clear()  # Adam's means are not needed any more
                state["u"] = torch.zeros_like(gradient)
            state["u"].mul_(beta1).add_(gradient)
            parameter.add_(state["u"], alpha=-(1 - beta1) * rate)

    def _adam(self, group: Group, moves: _Moves) -> None:
        beta1, beta2 = group["betas"]
        squares = products = 0.0
        for parameter, gradient, state in moves:
            step, m, v = moments(state, gradient, betas=group["betas"])
            size = group["lr"] * math.sqrt(1 - beta2**step) / (1 - beta1**step)
            move = m.div(v.sqrt().add_(group["eps"])).mul_(-size)
            parameter.add_(move)
            squares += float(move.mul(move).sum())
            products += float(move.mul(gradient).sum())
        group["steps"] += 1
        if products:
            projected = squares / -products
            group["mean"] = beta2 * group["mean"] + (1 - beta2) * projected
            self._decide(group, projected)

    def _decide(self, group: Group, projected: float) -> None:
        mean = group["mean"] / (1 - group["betas"][1] ** group["steps"])
        if group["steps"] > 1 and mean > 0 and abs(mean - projected) < group["tolerance"]:
            group["rate"], group["lr_then"] = mean, group["lr"]
