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
def _prefetch(_typing: Any, where: Any, _index: Any) -> Any:
    is_array = isinstance(where, types.Array)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        if is_array:
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            place = builder.bitcast(builder.gep(data, [args[1]]), byte)
        else:
            place = builder.inttoptr(builder.add(*args), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(ask, [place, *(number(value) for value in (_FOR_READING, _KEEP, _DATA))])
        return context.get_dummy_value()

    return types.void(where if is_array else types.int64, types.int64), code


prefetch = cast(Callable[[Any, Any], None], _prefetch)
"""`prefetch(array, index)`: that element will be wanted soon; `prefetch(address, offset)`: that byte.

Either may lie outside: nothing is read.
"""
