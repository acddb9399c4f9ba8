"""Dropout with what stands beside it in a Transformer, in one pass over memory and without a stored mask.

On a CPU torch draws one random number after another, writes the mask and reads it twice again: a fifth of a
Transformer's training. Here a mask is a hash of a key that is drawn from torch's global generator, and
backward computes it again. What is kept is divided by the chance to be kept, 1 - p to 16 bits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

_STEPS = 1 << 16  # chances are multiples of 1 / _STEPS
_MANY = 1 << 18  # elements from which on a second thread pays
_TYPES = (torch.float32, torch.bfloat16)


class _Mask(NamedTuple):
    """All there is to a mask: the key's halves, the bound of what is dropped, the factor of the rest."""

    low: np.uint32
    high: np.uint32
    bound: np.uint32
    scale: np.float32

    @classmethod
    def drawn(cls, p: float) -> _Mask:
        low, high = torch.randint(1 << 32, (2,)).tolist()
        bound = min(round(p * _STEPS), _STEPS - 1)
        return cls(np.uint32(low), np.uint32(high), np.uint32(bound), np.float32(_STEPS / (_STEPS - bound)))


def dropout(x: Tensor, p: float, *, training: bool = True) -> Tensor:
    """`x` of any shape, each element 0 with the chance `p` and divided by 1 - p else.

    >>> _ = torch.manual_seed(0)
    >>> dropout(torch.ones(8), 0.5)
    tensor([0., 0., 2., 2., 2., 0., 0., 0.])
    """
    if not training or p == 0:
        return x
    if not _compilable(x):
        return functional.dropout(x, p)
    dropped: Tensor = _Dropout.apply(x, p)  # type: ignore[no-untyped-call]
    return dropped


def add_dropped(residual: Tensor, x: Tensor, p: float, *, training: bool = True) -> Tensor:
    """`residual` + dropout(`x`), both of one shape; of the wider of both types."""
    if not training or p == 0:
        return residual + x
    if not _compilable(x, residual) or residual.shape != x.shape:
        return residual + functional.dropout(x, p)
    added: Tensor = _AddDropped.apply(residual, x, p)  # type: ignore[no-untyped-call]
    return added


def rectified_dropout(x: Tensor, p: float, *, training: bool = True) -> Tensor:
    """dropout(relu(`x`)); for backward only its result is kept, which the next layer keeps anyway."""
    if not training or p == 0:
        return functional.relu(x)
    if not _compilable(x):
        return functional.dropout(functional.relu(x), p)
    dropped: Tensor = _RectifiedDropout.apply(x, p)  # type: ignore[no-untyped-call]
    return dropped


def _compilable(*parts: Tensor) -> bool:
    return all(part.device.type == "cpu" and part.dtype in _TYPES for part in parts)


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, p: float) -> Tensor:
        ctx.mask = _Mask.drawn(p)
        return _dropped(x, ctx.mask)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return _dropped(grad, ctx.mask), None


class _AddDropped(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, residual: Tensor, x: Tensor, p: float) -> Tensor:
        from textkit.models.kernels.dropout import drop_and_add  # loads numba

        ctx.mask, ctx.types = _Mask.drawn(p), (residual.dtype, x.dtype)
        out = torch.empty(x.shape, dtype=torch.promote_types(residual.dtype, x.dtype))
        _share(drop_and_add, x, residual, out, mask=ctx.mask)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        of_residual, of_x = ctx.types
        return grad.to(of_residual), _dropped(grad, ctx.mask, dtype=of_x), None


class _RectifiedDropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, p: float) -> Tensor:
        from textkit.models.kernels.dropout import rectify_and_drop

        mask = _Mask.drawn(p)
        out = torch.empty(x.shape, dtype=x.dtype)
        _share(rectify_and_drop, x, out, mask=mask)
        ctx.scale = mask.scale
        ctx.save_for_backward(out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        from textkit.models.kernels.dropout import rectify_and_drop_backward

        (result,) = ctx.saved_tensors
        out = torch.empty(grad.shape, dtype=result.dtype)
        flat = [_flat(part) for part in (grad, result, out)]
        _in_parts(
            lambda part: rectify_and_drop_backward(ctx.scale, *(array[part] for array in flat)), out.numel()
        )
        return out, None


def _dropped(x: Tensor, mask: _Mask, *, dtype: torch.dtype | None = None) -> Tensor:
    from textkit.models.kernels.dropout import drop

    out = torch.empty(x.shape, dtype=dtype or x.dtype)
    _share(drop, x, out, mask=mask)
    return out


def _share(kernel: Callable[..., None], *parts: Tensor, mask: _Mask) -> None:
    flat = [_flat(part) for part in parts]
    _in_parts(lambda part: kernel(*(array[part] for array in flat), part.start, *mask), len(flat[0]))


def _flat(part: Tensor) -> npt.NDArray[Any]:
    flat = part.detach().contiguous().view(-1)
    array: npt.NDArray[Any] = (flat.view(torch.uint16) if flat.dtype == torch.bfloat16 else flat).numpy()
    return array


def _in_parts(work: Callable[[slice], None], count: int) -> None:
    """Do `work` on elements 0 to `count`, in as many parts as torch has threads where they are many."""
    from textkit.models.kernels.dropout import BLOCK

    jobs = torch.get_num_threads() if count >= _MANY else 1
    size = -(-count // (jobs * BLOCK)) * BLOCK
    parts = [slice(begin, min(begin + size, count)) for begin in range(0, count, size or 1)]
    threads = [threading.Thread(target=work, args=(part,)) for part in parts[1:]]
    for thread in threads:
        thread.start()
    if parts:
        work(parts[0])
    for thread in threads:
        thread.join()
