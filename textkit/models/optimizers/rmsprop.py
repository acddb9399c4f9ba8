"""RMSprop: gradients divided by the root of their recent mean square."""

from __future__ import annotations

import torch

from textkit.models.optimizers.gradient_optimizer import GradientOptimizer, Group, Parameters


class RMSprop(GradientOptimizer):
    """With the gradient g of the weights w, element by element:

    v = alpha v + (1 - alpha) g^2       (zero at first)
    w = w - lr g / (sqrt(v) + eps)

    From Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6.5. `weight_decay` is an
    L2 penalty. Raises UsageError for a setting out of its range.

    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = RMSprop([weight], 0.1, alpha=0.75)
    >>> weight.grad = torch.tensor([3.0, 0.01])
    >>> optimizer.step()
    >>> weight.detach()  # 0.1 divided by the root of 1 - alpha
    tensor([-0.2000, -0.2000])
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.01,
        *,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay})

    def _update(self, group: Group) -> None:
        alpha = group["alpha"]
        for parameter, gradient, state in self._gradients(group):
            if not state:
                state["v"] = torch.zeros_like(gradient)
            state["v"].mul_(alpha).addcmul_(gradient, gradient, value=1 - alpha)
            parameter.addcdiv_(gradient, state["v"].sqrt().add_(group["eps"]), value=-group["lr"])
