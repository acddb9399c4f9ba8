"""The engine of threads: for work that releases the interpreter's lock, such as compiled kernels."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self, TypeVar

from textkit.engine.engine import AHEAD

Block = TypeVar("Block")
Result = TypeVar("Result")


class Threads:
    """`jobs` threads of this process. Leaving waits for the blocks being worked on, and begins no other.

    >>> with Threads(2) as engine:
    ...     engine.submit(len, "abc").result()
    3
    """

    def __init__(self, jobs: int) -> None:
        self.ahead = AHEAD * jobs
        self._jobs = jobs
        self._pool: ThreadPoolExecutor

    def submit(self, work: Callable[[Block], Result], block: Block) -> Future[Result]:
        """`work` on `block`, in one of the threads."""
        return self._pool.submit(work, block)

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="textkit")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
