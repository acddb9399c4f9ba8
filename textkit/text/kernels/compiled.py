"""How a function is compiled: without the interpreter's lock, its machine code kept for the next process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

# By default numba counts references to each array at each call, also of parts put in where they are called,
# and segmenting took a quarter longer. Functions that allocate nothing, as all here do, can go without.
_UNCOUNTED: dict[str, Any] = {"_nrt": False}


def compiled(function: Function) -> Function:
    """`function` compiled when it is first called; it must allocate nothing.

    The machine code is kept beside the module, or else in the user's cache folder; where neither can
    be written to it is compiled anew in each process.
    """
    try:
        return _jit(function, cache=True, nogil=True)
    except RuntimeError:  # numba's way to say that it has nowhere to keep the code
        return _jit(function, nogil=True)


def inlined(function: Function) -> Function:
    """A part of compiled functions that is put in where it is called."""
    return _jit(function, inline="always")


def _jit(function: Function, **options: Any) -> Function:
    try:
        return cast(Function, numba.njit(**options, **_UNCOUNTED)(function))
    except KeyError:  # a numba that does not know the option, which is no public one
        return cast(Function, numba.njit(**options)(function))
