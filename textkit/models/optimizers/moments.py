"""Running means of a gradient and of its square, which Adam and its kin keep for each parameter."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def moments(
    state: dict[str, Any], gradient: Tensor, *, betas: tuple[float, float]
) -> tuple[int, Tensor, Tensor]:
    """The step t, from 1, and after it the means, zero at first, which are kept in `state`:

    m = beta1 m + (1 - beta1) g
    v = beta2 v + (1 - beta2) g^2

    In expectation m falls short of the mean gradient by the factor 1 - beta1^t, v of the mean square by
    1 - beta2^t (Kingma and Ba 2015, arXiv:1412.6980, section 3).

    >>> state = {}
    >>> _ = moments(state, torch.tensor([4.0]), betas=(0.5, 0.75))
    >>> moments(state, torch.tensor([0.0]), betas=(0.5, 0.75))
    (2, tensor([1.]), tensor([3.]))
    """
    if not state:
        state["step"], state["m"], state["v"] = 0, torch.zeros_like(gradient), torch.zeros_like(gradient)
    state["step"] += 1
    state["m"].lerp_(gradient, 1 - betas[0])
    state["v"].mul_(betas[1]).addcmul_(gradient, gradient, value=1 - betas[1])
    return state["step"], state["m"], state["v"]
