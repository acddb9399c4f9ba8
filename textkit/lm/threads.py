"""Compiled loops over parts of large tables, several at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from textkit.engine import Engine, Serial, Threads

_MOST_JOBS = 8  # threads that blocks of text keep busy


def each(
    work: Callable[..., object],
    parts: Iterable[tuple[Any, ...]],
    *,
    jobs: int,
    after: Callable[[], None] = lambda: None,
) -> None:
    """Call `work` with each of `parts`, by `jobs` threads; compiled code lets them run at once.

    `after` is called after each part.
    """

    def call(part: tuple[Any, ...]) -> None:
        work(*part)
        after()

    if jobs == 1:
        for part in parts:
            call(part)
        return
    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(call, parts):
            pass


_LIMIT: ContextVar[int | None] = ContextVar("limit", default=None)


@contextmanager
def at_most(jobs: int | None) -> Iterator[None]:
    """Let no more than `jobs` threads work inside this block; None for one a core."""
    token = _LIMIT.set(jobs)
    try:
        yield
    finally:
        _LIMIT.reset(token)


def default_jobs() -> int:
    """One thread for each core that this process may use, or what `at_most` allows.

    >>> with at_most(3):
    ...     default_jobs()
    3
    """
    if (limit := _LIMIT.get()) is not None:
        return limit
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def engine_of(jobs: int | None) -> Engine:
    """For blocks of text: threads, one for each processor but no more than pay, or `jobs`."""
    jobs = jobs or min(default_jobs(), _MOST_JOBS)
    return Serial() if jobs == 1 else Threads(jobs)
