"""Adagrad: each weight has a rate that falls with the gradients it has seen."""

from __future__ import annotations

import torch

from textkit.models.optimizers.gradient_optimizer import GradientOptimizer, Group, Parameters


class Adagrad(GradientOptimizer):
    """With the gradient g of the weights w, element by element:

    s = s + g^2             (zero at first)
    w = w - lr g / (sqrt(s) + eps)

    From Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic
    optimization", Journal of Machine Learning Research 12, figure 1, the diagonal form. Rates only ever
    fall: RMSprop forgets. `weight_decay` is an L2 penalty. Raises UsageError for a setting out of its range.

    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = Adagrad([weight], 0.1)
    >>> weight.grad = torch.tensor([3.0, 0.01])
    >>> optimizer.step()
    >>> weight.detach()  # the first step is as long for a small gradient as for a large one
    tensor([-0.1000, -0.1000])
    """

    def __init__(
        self, params: Parameters, lr: float = 0.01, *, eps: float = 1e-10, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "eps": eps, "weight_decay": weight_decay})

    def _update(self, group: Group) -> None:
        for parameter, gradient, state in self._gradients(group):
            if not state:
                state["s"] = torch.zeros_like(gradient)
            state["s"].addcmul_(gradient, gradient)
            parameter.addcdiv_(gradient, state["s"].sqrt().add_(group["eps"]), value=-group["lr"])
