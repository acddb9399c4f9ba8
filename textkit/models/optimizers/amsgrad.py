"""AMSGrad: Adam whose rates never grow again."""

from __future__ import annotations

import math

import torch

from textkit.models.optimizers.adam import Adam
from textkit.models.optimizers.gradient_optimizer import Group
from textkit.models.optimizers.moments import moments


class AMSGrad(Adam):
    """Adam, but divided by the largest mean square so far. At step t = 1, 2, ..., element by element:

    m = beta1 m + (1 - beta1) g         v = beta2 v + (1 - beta2) g^2       (zero at first)
    h = max(h, v)                       (zero at first)
    w = w - lr m / (1 - beta1^t) / (sqrt(h / (1 - beta2^t)) + eps)

    From Reddi, Kale and Kumar 2018, "On the convergence of Adam and beyond", arXiv:1904.09237, algorithm 2,
    which shows a convex problem on which Adam does not converge. That has no correction for bias (nor eps);
    as in `torch.optim.Adam(amsgrad=True)`, there is Adam's here. `weight_decay` is an L2 penalty.
    Raises UsageError for a setting out of its range.

    >>> weight = torch.nn.Parameter(torch.zeros(1))
    >>> optimizer = AMSGrad([weight], 0.1, betas=(0.0, 0.0))
    >>> for gradient in (4.0, 1.0):
    ...     weight.grad = torch.tensor([gradient])
    ...     optimizer.step()
    >>> weight.detach()  # 1, then 1/4 of a step
    tensor([-0.1250])
    """

    def _update(self, group: Group) -> None:
        beta1, beta2 = group["betas"]
        for parameter, gradient, state in self._gradients(group):
            step, m, v = moments(state, gradient, betas=group["betas"])
            state["h"] = torch.maximum(state.get("h", v), v)
            root = state["h"].sqrt().div_(math.sqrt(1 - beta2**step)).add_(group["eps"])
            parameter.addcdiv_(m, root, value=-group["lr"] / (1 - beta1**step))
