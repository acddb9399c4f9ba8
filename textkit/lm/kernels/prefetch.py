"""Asking for memory before it is needed, where loops jump about in large tables.

A jump that the caches do not foresee costs as much as a hundred additions; asked for a few rounds of the
loop earlier, it costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_FOR_READING, _KEEP, _DATA = 0, 3, 1  # as LLVM's prefetch takes them


@intrinsic
def _prefetch(_typing: Any, array: Any, _index: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        builder.call(ask, [place, *(number(value) for value in (_FOR_READING, _KEEP, _DATA))])
        return context.get_dummy_value()

    return types.void(array, types.intp), code


prefetch = cast(Callable[[Any, int], None], _prefetch)
"""`prefetch(array, index)`: that element will be wanted soon. The index may lie outside: nothing is read."""
