"""Work over blocks of input in worker processes: order kept, memory bounded, nobody left behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from textkit.errors import TextkitError

Block = TypeVar("Block")
Result = TypeVar("Result")

AHEAD = 3  # blocks in flight per worker: one worked on, the others so that no worker waits

_work: Callable[[Any], Any]  # in a worker: what it does with each block


def map_blocks(work: Callable[[Block], Result], blocks: Iterable[Block], *, jobs: int) -> Iterator[Result]:
    """`work` applied to each block, results in the order of the blocks.

    With one job it runs here; with more, in that many processes, each of which receives `work` once,
    pickled. At most `AHEAD` blocks a worker are in memory. Whatever `work` raises is raised here.

    Raises TextkitError when a worker dies.
    """
    if jobs == 1:
        yield from map(work, blocks)
        return
    spawn = multiprocessing.get_context("spawn")  # a forked copy of threads and locks can hang
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_begin, initargs=(work,))
    pending: deque[Future[Result]] = deque()
    try:
        for block in blocks:
            with _deaf_to_ctrl_c():  # submitting starts workers as long as there are too few
                pending.append(executor.submit(_apply, block))
            if len(pending) >= AHEAD * jobs:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
        executor.shutdown()
    except BrokenProcessPool as error:
        raise TextkitError("a worker process died (killed, or out of memory?); try fewer jobs") from error
    finally:
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()  # only when we leave early: a block can take long
        executor.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C, which a terminal sends to all; ours is kept for after."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent killed outright cannot end its workers; they would wait for it for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _apply(block: Any) -> Any:
    return _work(block)
