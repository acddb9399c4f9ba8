"""The engine of processes: for work in Python itself, and for libraries that may crash."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self, TypeVar

from textkit.engine.ctrl_c import deafen, start_tracker
from textkit.engine.engine import AHEAD, WorkerDied
from textkit.engine.outcome import pack, unpack
from textkit.engine.worker import Worker

Block = TypeVar("Block")
Result = TypeVar("Result")


class Processes:
    """`jobs` worker processes, started when there is something to do, deaf to Ctrl-C.

    A thread here attends to each: it sends a block and waits for the outcome. Work, blocks and
    results must be picklable; the work is sent to each process once. A worker that dies takes only
    its own block with it, and another is started in its place. Leaving ends the idle workers and
    kills the busy ones.

    Raises UsageError for work or blocks that cannot be pickled.
    """

    def __init__(self, jobs: int) -> None:
        self.ahead = AHEAD * jobs
        self._jobs = jobs
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._closing = False
        self._work: object = None
        self._packed = b""
        self._attendants: ThreadPoolExecutor

    def submit(self, work: Callable[[Block], Result], block: Block) -> Future[Result]:
        """`work` on `block`, in one of the processes."""
        if work is not self._work:
            self._work, self._packed = work, pack(work)
        return self._attendants.submit(self._attend, self._packed, block)

    def _attend(self, work: bytes, block: object) -> Any:
        packed = pack(block)
        worker = self._take()
        try:
            outcome = worker.run(work, packed)
        except BaseException:
            with self._lock:
                self._busy.discard(worker)
            raise
        with self._lock:
            self._busy.discard(worker)
            self._idle.append(worker)
        return unpack(outcome)

    def _take(self) -> Worker:
        with self._lock:
            if self._closing:
                raise WorkerDied("the worker processes were ended before the block was begun")
            worker = self._idle.pop() if self._idle else Worker()
            self._busy.add(worker)
            return worker

    def __enter__(self) -> Self:
        start_tracker()
        self._closing = False
        self._attendants = ThreadPoolExecutor(
            self._jobs, thread_name_prefix="textkit-attendant", initializer=deafen
        )
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closing = True
            for worker in self._busy:
                worker.kill()
        self._attendants.shutdown(cancel_futures=True)
        for worker in self._idle:
            worker.dismiss()
        while self._idle:
            self._idle.pop().end()
