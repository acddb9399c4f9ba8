"""Clipping the norm of the whole gradient (Pascanu et al. 2013, arXiv:1211.5063), sparse parts included."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


@torch.no_grad()
def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> Tensor:
    """Scale all gradients so that their common L2 norm is `max_norm` at most; returns the norm before.

    Row-sparse gradients, as `nn.Embedding(sparse=True)` gives them, are first summed over rows that occur
    more than once (and stored so): the norm is that of the dense gradient. A norm that is not finite
    changes nothing; who cares looks at what is returned. Without gradients it is 0.

    >>> weight = torch.zeros(2, requires_grad=True)
    >>> weight.grad = torch.tensor([3.0, 4.0])
    >>> clip_gradients([weight], 1.0), weight.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    values = [_values(parameter) for parameter in parameters if parameter.grad is not None]
    if not values:
        return torch.zeros(())
    norms = torch._foreach_norm(values)
    norm: Tensor = torch.linalg.vector_norm(torch.stack([part.to(norms[0].device).float() for part in norms]))
    factor = max_norm / (norm + 1e-6)  # as torch.nn.utils.clip_grad_norm_ does
    if bool(torch.isfinite(norm) & (factor < 1)):
        for device in {value.device for value in values}:
            here = [value for value in values if value.device == device]
            torch._foreach_mul_(here, factor.to(device))
    return norm


def _values(parameter: Tensor) -> Tensor:
    """The numbers of the gradient, each once; to change them changes the gradient."""
    grad = parameter.grad
    assert grad is not None
    if not grad.is_sparse:
        return grad
    if not grad.is_coalesced():
        parameter.grad = grad = grad.coalesce()
    return grad._values()
