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


def packed(network: Module, dtype: torch.dtype = torch.float32) -> Module:
    """A twin of `network` that gives what it gives, quicker; `network` itself where that cannot be had.

    The linear layers are copies, which do not follow when those of `network` learn; all else is shared.
    For inference, with products in `dtype`, whatever autocast says: float32, or bfloat16 as under autocast,
    but for the output layer, which is always float32's.

    >>> layer = nn.Linear(3, 2)
    >>> with torch.inference_mode():
    ...     torch.allclose(packed(layer)(torch.ones(4, 3)), layer(torch.ones(4, 3)))
    True
    """
    plain = all(each.dtype == torch.float32 and each.device.type == "cpu" for each in network.parameters())
    able = plain and _can_pack(dtype) and _can_pack(torch.float32)
    return cast(Module, _twin(network, dtype)) if able else network


class PackedProduct:
    """x W^T + b in `dtype`, with copies of `weight` W (O, I) and `bias` b (O,), for x (N, I)."""

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype = torch.float32) -> None:
        self._dtype = dtype
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach().to(dtype).contiguous())
        self._bias = None if bias is None else bias.detach().to(dtype).contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        """(N, O)."""
        product: Tensor = torch.ops.mkldnn._linear_pointwise(
            x.to(self._dtype).contiguous(), self._weight, self._bias, "none", [], ""
        )
        return product


class PackedLinear(nn.Module):
    """What `linear` gives, by a `PackedProduct`."""

    def __init__(self, linear: nn.Linear, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self._product = PackedProduct(linear.weight, linear.bias, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """`x` (N, I) to (N, O)."""
        return self._product(x)


def _twin(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    if type(module) is nn.Linear:
        return PackedLinear(module, dtype)
    twin = copy.copy(module)
    twin._modules = {
        name: None if child is None else _twin(child, dtype) for name, child in module._modules.items()
    }
    pack: Any = getattr(twin, "pack", None)
    if pack is not None:  # it has a product of its own
        pack()
    return twin


@functools.cache
def _can_pack(dtype: torch.dtype) -> bool:
    """Whether this torch on this machine has packed products in `dtype`, and they are right."""
    x, weight = torch.linspace(-1, 1, 15).view(3, 5), torch.linspace(-2, 1, 20).view(4, 5)
    try:
        with torch.inference_mode(), torch.autocast("cpu", enabled=False):
            wanted = functional.linear(x, weight, weight[:, 0])
            found = PackedProduct(weight, weight[:, 0], dtype)(x).float()
    except (AttributeError, RuntimeError, TypeError):
        return False
    return torch.allclose(found, wanted, atol=16 * torch.finfo(dtype).eps)
