"""Linear layers for inference on the CPU, their weights laid out once as oneDNN multiplies them fastest.

torch multiplies by a weight as it lies, and for a few rows at a time spends much of the time on going through
it. What lays it out is not part of torch's public interface, so where it is missing, or gives other numbers,
the layers stay as they are.
"""

from __future__ import annotations

import copy
import functools
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

Module = TypeVar("Module", bound=nn.Module)


def packed(network: Module) -> Module:
    """A twin of `network` that gives what it gives, quicker; `network` itself where that cannot be had.

    The linear layers are copies, which do not follow when those of `network` learn; all else is shared.
    For inference in float32 only, without autocast.

    >>> layer = nn.Linear(3, 2)
    >>> with torch.inference_mode():
    ...     torch.allclose(packed(layer)(torch.ones(4, 3)), layer(torch.ones(4, 3)))
    True
    """
    plain = all(each.dtype == torch.float32 and each.device.type == "cpu" for each in network.parameters())
    return cast(Module, _twin(network)) if plain and _can_pack() else network


class PackedProduct:
    """x W^T + b with a copy of `weight` W (O, I) and with `bias` b (O,), for x (N, I)."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous())
        self._bias = None if bias is None else bias.detach().contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        """(N, O)."""
        product: Tensor = torch.ops.mkldnn._linear_pointwise(
            x.contiguous(), self._weight, self._bias, "none", [], ""
        )
        return product


class PackedLinear(nn.Module):
    """What `linear` gives, by a `PackedProduct`."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self._product = PackedProduct(linear.weight, linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """`x` (N, I) to (N, O)."""
        return self._product(x)


def _twin(module: nn.Module) -> nn.Module:
    if type(module) is nn.Linear:
        return PackedLinear(module)
    twin = copy.copy(module)
    twin._modules = {name: None if child is None else _twin(child) for name, child in module._modules.items()}
    pack: Any = getattr(twin, "pack", None)
    if pack is not None:  # it has a product of its own
        pack()
    return twin


@functools.cache
def _can_pack() -> bool:
    """Whether this torch on this machine has packed products, and they are right."""
    x, weight = torch.linspace(-1, 1, 15).view(3, 5), torch.linspace(-2, 1, 20).view(4, 5)
    try:
        with torch.inference_mode():
            found = PackedProduct(weight, weight[:, 0])(x)
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):
        return False
    return torch.allclose(found, functional.linear(x, weight, weight[:, 0]), atol=1e-5)
