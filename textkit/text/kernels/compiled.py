"""How a function is compiled: without the interpreter's lock, its machine code kept for the next process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.options import DefaultOptions

Function = TypeVar("Function", bound=Callable[..., object])

# By default numba counts references to each array at each call, also of parts put in where they are called,
# and segmenting took twice as long. Functions that allocate nothing, as all here do, can go without. The
# option is not a public one: a numba that lacks it counts.
_UNCOUNTED: dict[str, Any] = {"_nrt": False} if hasattr(DefaultOptions, "_nrt") else {}


def compiled(function: Function) -> Function:
    """`function` compiled when it is first called; it must allocate nothing.

    The machine code is kept beside the module, or else in the user's cache folder; where neither can
    be written to it is compiled anew in each process.
    """
    return _compiled(function)


def summing(function: Function) -> Function:
    """As `compiled`, for a sum that may be made in any order, and so side by side.

    What it calls is compiled so too: it had better call nothing.
    """
    return _compiled(function, fastmath={"reassoc", "contract"})


def _compiled(function: Function, **options: Any) -> Function:
    options |= {"nogil": True, **_UNCOUNTED}
    try:
        dispatcher = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba's way to say that it has nowhere to keep the code
        return cast(Function, numba.njit(**options)(function))
    if hasattr(dispatcher, "_cache"):
        dispatcher._cache = _ForgivingCache(dispatcher._cache)
    return cast(Function, dispatcher)


def inlined(function: Function) -> Function:
    """A part of compiled functions that is put in where it is called."""
    return cast(Function, numba.njit(inline="always", **_UNCOUNTED)(function))


class _ForgivingCache:
    """numba's cache of a function, but that damaged files and full disks only cost the time to compile."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, signature: Any, context: Any) -> Any:
        try:
            return self._cache.load_overload(signature, context)
        except Exception:  # whatever unpickling damaged data raises
            with contextlib.suppress(OSError):
                self._cache.flush()
            return None

    def save_overload(self, signature: Any, result: Any) -> None:
        with contextlib.suppress(OSError):
            self._cache.save_overload(signature, result)
