"""RAdam: Adam that waits until its mean square can be trusted."""

from __future__ import annotations

import math

from textkit.models.optimizers.adam import Adam
from textkit.models.optimizers.gradient_optimizer import Group
from textkit.models.optimizers.moments import moments


def rectification(step: int, beta2: float) -> float | None:
    """What makes up for the variance of Adam's rates at `step`, from 1; None while that is not to be trusted:

    R = 2 / (1 - beta2) - 1             P = R - 2 t beta2^t / (1 - beta2^t)     at step t
    sqrt((P - 4) (P - 2) R / ((R - 4) (R - 2) P))                               if P > 5

    P is the length of the simple average that the exponential one amounts to. The paper has P > 4, where
    the variance is finite; its authors' code and torch have 5, which with a beta2 of 0.999 is a step later.

    >>> [round(rectification(step, 0.999) or 0.0, 4) for step in (1, 5, 6, 100, 10_000)]
    [0.0, 0.0, 0.0258, 0.2153, 0.9998]
    """
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / (1 - beta2**step)
    if length <= 5:
        return None
    return math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))


class RAdam(Adam):
    """Rectified Adam. With the gradient g of the weights w at step t = 1, 2, ..., element by element:

    m = beta1 m + (1 - beta1) g         v = beta2 v + (1 - beta2) g^2       (zero at first)
    m' = m / (1 - beta1^t)              r = rectification(t, beta2)
    w = w - lr r m' sqrt(1 - beta2^t) / (sqrt(v) + eps)     where there is an r
    w = w - lr m'                                           before that: momentum alone

    From Liu et al. 2020, "On the variance of the adaptive learning rate and beyond", arXiv:1908.03265,
    algorithm 2; it does what a warm-up does for Adam. eps stands where torch has it. `weight_decay` is an
    L2 penalty. Raises UsageError for a setting out of its range.

    >>> import torch
    >>> weight = torch.nn.Parameter(torch.zeros(1))
    >>> optimizer = RAdam([weight], 0.1)
    >>> weight.grad = torch.tensor([3.0])
    >>> optimizer.step()
    >>> weight.detach()  # one gradient says nothing of their variance
    tensor([-0.3000])
    """

    def _update(self, group: Group) -> None:
        beta1, beta2 = group["betas"]
        for parameter, gradient, state in self._gradients(group):
            step, m, v = moments(state, gradient, betas=group["betas"])
            rate = group["lr"] / (1 - beta1**step)
            rectified = rectification(step, beta2)
            if rectified is None:
                parameter.add_(m, alpha=-rate)
            else:
                rate *= rectified * math.sqrt(1 - beta2**step)
                parameter.addcdiv_(m, v.sqrt().add_(group["eps"]), value=-rate)
