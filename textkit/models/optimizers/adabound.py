"""AdaBound: Adam whose rates are held between bounds that close on one rate."""

from __future__ import annotations

import math

import torch

from textkit.errors import UsageError
from textkit.models.optimizers.gradient_optimizer import GradientOptimizer, Group, Parameters
from textkit.models.optimizers.moments import moments


class AdaBound(GradientOptimizer):
    """Adam at first, SGD with momentum at last. At step t = 1, 2, ..., element by element:

    m = beta1 m + (1 - beta1) g         v = beta2 v + (1 - beta2) g^2       (zero at first)
    low = final_lr (1 - 1 / (gamma t + 1))      high = final_lr (1 + 1 / (gamma t))
    w = w - clip(a / (sqrt(v) + eps), low, high) m      a = lr sqrt(1 - beta2^t) / (1 - beta1^t)

    From Luo et al. 2019, "Adaptive gradient methods with dynamic bound of learning rate", arXiv:1902.09843,
    algorithm 2, with what its authors' code adds: Adam's correction for bias and eps, and no 1 / sqrt(t) on
    the rate, which only the proof needs. `bias_correction=False, root_decay=True, eps=0` is algorithm 2 to
    the letter: there a = lr, and the clipped rate is divided by sqrt(t). `gamma` is 1 - beta2 in the paper.
    With `amsbound` the largest v so far stands for v (algorithm 3). `final_lr` goes down with `lr`, where
    a schedule changes that. `weight_decay` is an L2 penalty.

    Raises UsageError for a setting out of its range.

    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = AdaBound([weight], 0.1, final_lr=0.1, gamma=1.0)
    >>> weight.grad = torch.tensor([40.0, 0.01])
    >>> optimizer.step()
    >>> weight.detach()  # Adam's rates for m = (4, 0.001) would be 0.025 and 100; they become 0.05 and 0.2
    tensor([-0.2000, -0.0002])
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        final_lr: float = 0.1,
        gamma: float = 1e-3,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsbound: bool = False,
        bias_correction: bool = True,
        root_decay: bool = False,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        bounds = {"final_lr": final_lr, "gamma": gamma, "amsbound": amsbound}
        forms = {"bias_correction": bias_correction, "root_decay": root_decay}
        super().__init__(params, defaults | bounds | forms)

    def add_param_group(self, param_group: Group) -> None:
        """Take in parameters with settings of their own."""
        settings = self.defaults | param_group
        for name in ("lr", "final_lr", "gamma"):
            if not 0 < settings[name] < math.inf:
                raise UsageError(f"the {name} of AdaBound must be finite and above 0, not {settings[name]}")
        super().add_param_group({"first_lr": settings["lr"], **param_group})

    def _update(self, group: Group) -> None:
        beta1, beta2 = group["betas"]
        final = group["final_lr"] * group["lr"] / group["first_lr"]
        for parameter, gradient, state in self._gradients(group):
            step, m, v = moments(state, gradient, betas=group["betas"])
            if group["amsbound"]:
                v = state["h"] = torch.maximum(state.get("h", v), v)
            rate = group["lr"]
            if group["bias_correction"]:
                rate *= math.sqrt(1 - beta2**step) / (1 - beta1**step)
            low = final * (1 - 1 / (group["gamma"] * step + 1))
            high = final * (1 + 1 / (group["gamma"] * step))
            rates = v.sqrt().add_(group["eps"]).reciprocal_().mul_(rate).clamp_(low, high)
            if group["root_decay"]:
                rates.div_(math.sqrt(step))
            parameter.addcmul_(rates, m, value=-1.0)
