"""Adam: momentum, divided by the root of the recent mean square, both freed of their bias."""

from __future__ import annotations

import math

from textkit.models.optimizers.gradient_optimizer import GradientOptimizer, Group, Parameters
from textkit.models.optimizers.moments import moments


class Adam(GradientOptimizer):
    """With the gradient g of the weights w at step t = 1, 2, ..., element by element:

    m = beta1 m + (1 - beta1) g         v = beta2 v + (1 - beta2) g^2       (zero at first)
    w = w - lr m' / (sqrt(v') + eps)    m' = m / (1 - beta1^t)  v' = v / (1 - beta2^t)

    From Kingma and Ba 2015, arXiv:1412.6980, algorithm 1. `weight_decay` is an L2 penalty, as there;
    `torch.optim.AdamW` has the decoupled one. Raises UsageError for a setting out of its range.

    >>> import torch
    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = Adam([weight], 0.1)
    >>> for gradient in ([3.0, 0.01], [3.0, 0.01]):
    ...     weight.grad = torch.tensor(gradient)
    ...     optimizer.step()
    >>> weight.detach()  # while the gradient is the same, each step is lr long
    tensor([-0.2000, -0.2000])
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def _update(self, group: Group) -> None:
        beta1, beta2 = group["betas"]
        for parameter, gradient, state in self._gradients(group):
            step, m, v = moments(state, gradient, betas=group["betas"])
            root = v.sqrt().div_(math.sqrt(1 - beta2**step)).add_(group["eps"])
            parameter.addcdiv_(m, root, value=-group["lr"] / (1 - beta1**step))
