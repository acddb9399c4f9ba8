"""Reading and writing memory by its address, as compiled code does with whole numbers alone.

A call from Python costs microseconds when arrays are handed over and a fifth of one when only numbers
are. Who passes an address answers for it that the array lives, is contiguous and has the place `index`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

Load = Callable[[Any, Any], Any]
Store = Callable[[Any, Any, Any], None]


def _pointer(context: Any, builder: Any, kind: Any, address: Any, index: Any) -> Any:
    item = context.get_data_type(kind)
    return builder.gep(builder.inttoptr(address, ir.PointerType(item)), [index])


# numba calls the functions below with arguments of these names, wanted or not.


def _loader(kind: Any) -> Load:
    def load(typing: Any, address: Any, index: Any) -> Any:  # noqa: ARG001
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
            return builder.load(_pointer(context, builder, kind, args[0], args[1]))

        return kind(types.int64, types.int64), code

    return cast(Load, intrinsic(load))


def _storer(kind: Any) -> Store:
    def store(typing: Any, address: Any, index: Any, value: Any) -> Any:  # noqa: ARG001
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
            builder.store(args[2], _pointer(context, builder, kind, args[0], args[1]))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, kind), code

    return cast(Store, intrinsic(store))


load_byte = _loader(types.uint8)
load_int = _loader(types.int32)
load_long = _loader(types.int64)
load_float = _loader(types.float32)
load_double = _loader(types.float64)
store_byte = _storer(types.uint8)
store_int = _storer(types.int32)
store_long = _storer(types.int64)
store_float = _storer(types.float32)
store_double = _storer(types.float64)


def _chosen(typing: Any, condition: Any, one: Any, other: Any) -> Any:  # noqa: ARG001
    """`one` where the condition holds, else `other`, both int64: no jump, that would be guessed wrong."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        value = builder.select(*args)
        value.set_metadata("unpredictable", builder.module.add_metadata([]))
        return value

    return types.int64(types.boolean, types.int64, types.int64), code


chosen = cast(Callable[[Any, Any, Any], Any], intrinsic(_chosen))


def entry(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    """The machine code of a compiled function of `count` int64, without the look at types at each call."""
    signature = (types.int64,) * count
    dispatcher = cast(Any, function)
    dispatcher.compile(signature)
    return cast(Callable[..., Any], dispatcher.overloads[signature].entry_point)
