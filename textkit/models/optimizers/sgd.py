"""Stochastic gradient descent: plain, with momentum, with Nesterov's momentum."""

from __future__ import annotations

from textkit.errors import UsageError
from textkit.models.optimizers.gradient_optimizer import GradientOptimizer, Group, Parameters


class SGD(GradientOptimizer):
    """Stochastic gradient descent on weights w with gradient g, step by step:

    plain                   w = w - lr g
    momentum mu             u = mu u + g           w = w - lr u
    momentum mu, nesterov   u = mu u + g           w = w - lr (g + mu u)

    u is g at the first step. Momentum is from Polyak 1964, "Some methods of speeding up the convergence of
    iteration methods". Nesterov's (1983) takes the gradient where the momentum would lead; this form, from
    Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", section 2,
    keeps in w the point where the gradient is taken. `weight_decay` is an L2 penalty.

    Raises UsageError for a setting out of its range, or for nesterov without momentum.

    >>> import torch
    >>> weight = torch.nn.Parameter(torch.zeros(1))
    >>> optimizer = SGD([weight], 0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     weight.grad = torch.ones(1)
    ...     optimizer.step()
    >>> weight.detach()  # -0.1, then -0.15 more
    tensor([-0.2500])
    """

    def __init__(
        self,
        params: Parameters,
        lr: float,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        if nesterov and not momentum:
            raise UsageError("nesterov needs a momentum above 0: give one, such as 0.9")
        defaults = {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        momentum = group["momentum"]
        for parameter, gradient, state in self._gradients(group):
            direction = gradient
            if momentum:
                if "u" in state:
                    state["u"].mul_(momentum).add_(gradient)
                else:
                    state["u"] = gradient.clone()
                direction = gradient.add(state["u"], alpha=momentum) if group["nesterov"] else state["u"]
            parameter.add_(direction, alpha=-group["lr"])
