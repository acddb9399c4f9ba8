"""Dropout masks that are never stored: whether an element is kept is computed from its place and a key.

A hash of 32 bits serves two elements, 16 bits each. Arrays are flat; elements are taken in blocks, whose
first half reads the low bits of the block's hashes and whose second half the high ones, so that the result
does not depend on how blocks are shared among threads. Floats are float32, or bfloat16 seen as uint16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from textkit.models.kernels.floats import narrowed, widened
from textkit.text.kernels.compiled import compiled, inlined

BLOCK = 4096  # elements; even
Floats = npt.NDArray[Any]

_ZERO = np.float32(0)
_INT = ir.IntType(32)


def _hashed(typing: Any, place: Any, low: Any, high: Any) -> Any:  # noqa: ARG001
    """32 bits from a place and a key of two halves, all uint32.

    Multiply and xor-shift as in https://github.com/skeeto/hash-prospector ("lowbias32"), the key's halves
    put in before and between, so that keys give masks of which none is another one shifted.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        place, low, high = args
        value = builder.add(builder.mul(place, _INT(0x9E3779B9)), low)
        for factor, shift in ((0x7FEB352D, 16), (0x846CA68B, 15)):
            value = builder.mul(builder.xor(value, builder.lshr(value, _INT(shift))), _INT(factor))
            value = builder.xor(value, high)
        return builder.xor(value, builder.lshr(value, _INT(16)))

    return types.uint32(types.uint32, types.uint32, types.uint32), code


hashed = cast(Callable[[Any, Any, Any], Any], intrinsic(_hashed))


@inlined
def _low(bits: Any) -> Any:
    return bits & np.uint32(0xFFFF)


@compiled
def drop(
    x: Floats, out: Floats, begin: int, low: np.uint32, high: np.uint32, bound: np.uint32, scale: np.float32
) -> None:
    """`out` = `x` times `scale` where 16 bits are not below `bound`, else 0.

    `x` and `out` begin with element `begin` of the whole, a multiple of BLOCK; `low` and `high` are the key.
    """
    for first in range(0, len(x), BLOCK):
        end = min(first + BLOCK, len(x))
        half = (end - first + 1) // 2
        base = (begin + first) // 2
        one, other = x[first : first + half], x[first + half : end]
        to_one, to_other = out[first : first + half], out[first + half : end]
        for i in range(half):
            bits = hashed(np.uint32(base + i), low, high)
            factor = _ZERO if _low(bits) < bound else scale
            to_one[i] = narrowed(widened(one[i]) * factor, to_one[i])
        for i in range(len(other)):
            bits = hashed(np.uint32(base + i), low, high)
            factor = _ZERO if bits >> np.uint32(16) < bound else scale
            to_other[i] = narrowed(widened(other[i]) * factor, to_other[i])


@compiled
def drop_and_add(
    x: Floats,
    residual: Floats,
    out: Floats,
    begin: int,
    low: np.uint32,
    high: np.uint32,
    bound: np.uint32,
    scale: np.float32,
) -> None:
    """`out` = `residual` + drop(`x`)."""
    for first in range(0, len(x), BLOCK):
        end = min(first + BLOCK, len(x))
        half = (end - first + 1) // 2
        base = (begin + first) // 2
        one, other = x[first : first + half], x[first + half : end]
        by_one, by_other = residual[first : first + half], residual[first + half : end]
        to_one, to_other = out[first : first + half], out[first + half : end]
        for i in range(half):
            bits = hashed(np.uint32(base + i), low, high)
            factor = _ZERO if _low(bits) < bound else scale
            to_one[i] = narrowed(widened(by_one[i]) + widened(one[i]) * factor, to_one[i])
        for i in range(len(other)):
            bits = hashed(np.uint32(base + i), low, high)
            factor = _ZERO if bits >> np.uint32(16) < bound else scale
            to_other[i] = narrowed(widened(by_other[i]) + widened(other[i]) * factor, to_other[i])


@compiled
def rectify_and_drop(
    x: Floats, out: Floats, begin: int, low: np.uint32, high: np.uint32, bound: np.uint32, scale: np.float32
) -> None:
    """`out` = drop(max(`x`, 0)); `out` may be `x`."""
    for first in range(0, len(x), BLOCK):
        end = min(first + BLOCK, len(x))
        half = (end - first + 1) // 2
        base = (begin + first) // 2
        one, other = x[first : first + half], x[first + half : end]
        to_one, to_other = out[first : first + half], out[first + half : end]
        for i in range(half):
            bits = hashed(np.uint32(base + i), low, high)
            value = widened(one[i])
            factor = _ZERO if _low(bits) < bound or value < _ZERO else scale
            to_one[i] = narrowed(value * factor, to_one[i])
        for i in range(len(other)):
            bits = hashed(np.uint32(base + i), low, high)
            value = widened(other[i])
            factor = _ZERO if bits >> np.uint32(16) < bound or value < _ZERO else scale
            to_other[i] = narrowed(value * factor, to_other[i])


@compiled
def rectify_and_drop_backward(scale: np.float32, gradient: Floats, result: Floats, out: Floats) -> None:
    """The gradient `out` at what `rectify_and_drop` made `result` of; `gradient` is that at `result`."""
    for i in range(len(gradient)):
        factor = scale if widened(result[i]) > _ZERO else _ZERO
        out[i] = narrowed(widened(gradient[i]) * factor, out[i])
