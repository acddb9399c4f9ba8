"""Batches by several threads: steps of a search are small, and two at once beat one by two threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch

from textkit.engine import Threads

Part = TypeVar("Part")
Result = TypeVar("Result")


def at_once(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """`work` of each of `parts`, in their order.

    As many are worked on at once as torch has threads, with one thread each; a single part has them all.

    >>> at_once(len, ["ab", "c"])
    [2, 1]
    """
    jobs = min(torch.get_num_threads(), len(parts))
    if jobs <= 1:
        return [work(part) for part in parts]
    with _single_threads(), Threads(jobs) as engine:
        futures = [engine.submit(work, part) for part in parts]
        return [future.result() for future in futures]


@contextmanager
def _single_threads() -> Iterator[None]:
    """Threads that begin in this block make each operation of torch alone."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
