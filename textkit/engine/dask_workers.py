"""The worker processes of a Dask cluster on this machine, replaced as they die.

Dask's own keeper of workers (Nanny) gives one up that dies before its start was noticed, and a
poisonous block, which waits for any worker, kills it just then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.context import SpawnProcess

from textkit.engine.ctrl_c import deafen, start_tracker
from textkit.engine.worker import end_with_parent


class DaskWorkers:
    """`jobs` processes that work for the scheduler at `address`, deaf to Ctrl-C, ending with us.

    A thread here starts each, waits for its end, and starts the next, until the workers are closed.
    `folder` is where Dask may write.
    """

    def __init__(self, jobs: int, address: str, *, folder: str) -> None:
        self._address = address
        self._folder = folder
        self._lock = threading.Lock()
        self._closing = False
        self._alive: set[SpawnProcess] = set()
        start_tracker()
        self._keepers = [threading.Thread(target=self._keep, name="textkit-keeper") for _ in range(jobs)]
        for keeper in self._keepers:
            keeper.start()

    def close(self) -> None:
        """Kill the processes, whatever they do."""
        with self._lock:
            self._closing = True
            for process in self._alive:
                process.kill()
        for keeper in self._keepers:
            keeper.join()

    def _keep(self) -> None:
        deafen()
        while True:
            with self._lock:
                if self._closing:
                    return
                process = multiprocessing.get_context("spawn").Process(
                    target=_serve, args=(self._address, self._folder), daemon=True, name="textkit worker"
                )
                process.start()
                self._alive.add(process)
            process.join()
            with self._lock:
                self._alive.discard(process)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What Dask logs about dying workers and closing connections, map_blocks says better."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    before = {name: logging.getLogger(name).level for name in names}  # it sets a level for each of them
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _serve(address: str, folder: str) -> None:
    import distributed

    async def work() -> None:
        async with distributed.Worker(
            address,
            nthreads=1,
            host="127.0.0.1",
            local_directory=folder,
            memory_limit=0,  # the machine's own; results are small and fetched at once
        ) as worker:
            await worker.finished()

    threading.Thread(target=end_with_parent, daemon=True).start()
    with quiet():
        asyncio.run(work())
