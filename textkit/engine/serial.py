"""The engine of one: work is done here, block after block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Self, TypeVar

Block = TypeVar("Block")
Result = TypeVar("Result")


class Serial:
    """Works in this thread, when the result is asked for: each block before the next is read.

    >>> with Serial() as engine:
    ...     engine.submit(len, "abc").result()
    3
    """

    ahead = 1

    def submit(self, work: Callable[[Block], Result], block: Block) -> _Deferred[Block, Result]:
        """`work` on `block`, done when asked for."""
        return _Deferred(work, block)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _Deferred(Generic[Block, Result]):
    def __init__(self, work: Callable[[Block], Result], block: Block) -> None:
        self._work = work
        self._block = block

    def result(self) -> Result:
        return self._work(self._block)

    def cancel(self) -> bool:
        return True
