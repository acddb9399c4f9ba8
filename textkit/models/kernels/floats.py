"""float32 and bfloat16 as compiled code sees them: a bfloat16 is the upper half of a float32's 32 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_FLOAT, _INT, _HALF = ir.FloatType(), ir.IntType(32), ir.IntType(16)

# numba calls the functions below with arguments of these names, wanted or not.


def _widened(typing: Any, value: Any) -> Any:  # noqa: ARG001
    """The float32 that `value` is, or whose upper half it is (uint16)."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        if value == types.float32:
            return args[0]
        return builder.bitcast(builder.shl(builder.zext(args[0], _INT), _INT(16)), _FLOAT)

    return types.float32(value), code


def _narrowed(typing: Any, value: Any, like: Any) -> Any:  # noqa: ARG001
    """`value`, a finite float32, as the type of `like`: itself, or the nearest bfloat16 (uint16)."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        if like == types.float32:
            return args[0]
        bits = builder.bitcast(args[0], _INT)
        even = builder.and_(builder.lshr(bits, _INT(16)), _INT(1))  # ties go to the even neighbour
        return builder.trunc(
            builder.lshr(builder.add(bits, builder.add(even, _INT(0x7FFF))), _INT(16)), _HALF
        )

    return like(types.float32, like), code


def _power_of_two(typing: Any, exponent: Any) -> Any:  # noqa: ARG001
    """2 to the power of a whole float32 from -126 to 127."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        biased = builder.add(builder.fptosi(args[0], _INT), _INT(127))
        return builder.bitcast(builder.shl(biased, _INT(23)), _FLOAT)

    return types.float32(types.float32), code


widened = cast(Callable[[Any], Any], intrinsic(_widened))
narrowed = cast(Callable[[Any, Any], Any], intrinsic(_narrowed))
power_of_two = cast(Callable[[Any], Any], intrinsic(_power_of_two))
