"""The engine of a Dask cluster: one of its own on this machine, or one that runs already, on many."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from textkit.engine.ctrl_c import deaf_to_ctrl_c
from textkit.engine.engine import AHEAD, WorkerDied
from textkit.engine.outcome import pack, run, unpack
from textkit.errors import TextkitError, UsageError

Block = TypeVar("Block")
Result = TypeVar("Result")

CONNECT = 15  # seconds to find the scheduler, and then its first worker
LONELY = 60  # seconds without any worker, while a result is waited for


class Dask:
    """Workers of Dask distributed, which is an extra: pip install 'textkit-nlp[dask]'.

    Without `scheduler`, a cluster of `jobs` processes on this machine, bound to 127.0.0.1, without
    dashboard, in a private folder; it goes when the engine is left. With one ("tcp://host:8786"), the
    workers connected to it, which need the same version of textkit; `jobs` does not matter then, and
    where workers have several threads, the work is called by all of them at once.

    Raises UsageError when `distributed` is not installed, TextkitError when the scheduler cannot be
    reached, has no worker, or goes away.
    """

    def __init__(self, jobs: int, scheduler: str | None = None) -> None:
        self.ahead = AHEAD * jobs
        self.name = scheduler or "the local Dask cluster"
        self._jobs = jobs
        self._scheduler = scheduler
        self._work: object = None
        self._submitted = 0
        self._held: Any = None  # the packed work, on the cluster
        self._client: Any
        self._leaving: contextlib.ExitStack

    def submit(self, work: Callable[[Block], Result], block: Block) -> _Remote[Result]:
        """`work` on `block`, on one of the workers."""
        if work is not self._work or self._held.status == "error":  # its worker was killed over it
            # A task that hands out the work: Dask copies its result to each worker that asks, once, and
            # makes it anew when the workers that held it have died, as it would not for scattered data.
            self._held = self._send(bytes, pack(work), priority=0)
            self._work = work
        self._submitted += 1
        # First come, first served: results are taken in order.
        return _Remote(self, self._send(run, self._held, pack(block), priority=-self._submitted))

    def _send(self, function: Callable[..., bytes], *arguments: Any, priority: int) -> Any:
        try:
            return self._client.submit(function, *arguments, pure=False, priority=priority)
        except Exception as error:  # its versions differ in what a closed client raises
            raise self.gone() from error

    def workers(self) -> dict[str, int]:
        """The threads of each worker. Raises TextkitError when the scheduler has gone."""
        try:
            found: dict[str, int] = self._client.nthreads()
        except (OSError, RuntimeError, AttributeError, ValueError) as error:
            raise self.gone() from error
        return found

    def gone(self) -> TextkitError:
        """The error that the scheduler does not answer any more."""
        return TextkitError(f"{self.name}: the scheduler went away; start it again, then this command")

    def __enter__(self) -> Self:
        try:
            import dask
            import distributed
        except ImportError as error:
            raise UsageError(
                "the engine 'dask' needs the package distributed: pip install 'textkit-nlp[dask]'"
            ) from error
        with contextlib.ExitStack() as stack:
            from textkit.engine.dask_workers import quiet  # loads asyncio, which others need not wait for

            stack.enter_context(quiet())
            # Blocks are sent along with their tasks, so that Dask can send them again.
            stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "10GiB"}))
            address = self._scheduler or self._start_cluster(distributed, dask, stack)
            self._client = self._connect(distributed, address)
            stack.callback(self._client.close, timeout=5)
            self._await_workers()
            if self._scheduler:
                self.ahead = AHEAD * sum(self.workers().values())
            self._leaving = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held = self._work = None
        self._leaving.close()

    def _start_cluster(self, distributed: Any, dask: Any, stack: contextlib.ExitStack) -> str:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="textkit-dask-"))
        stack.enter_context(dask.config.set({"temporary-directory": folder}))  # of workers and scheduler
        try:
            with deaf_to_ctrl_c():  # which its threads and processes inherit
                cluster = distributed.LocalCluster(
                    n_workers=0,
                    host="127.0.0.1",
                    # map_blocks tries again, and knows how often. A dashboard would want a certain port.
                    scheduler_kwargs={
                        "allowed_failures": 0,
                        "dashboard": False,
                        "dashboard_address": "127.0.0.1:0",
                    },
                )
        except (OSError, RuntimeError) as error:
            raise TextkitError(f"a local Dask cluster cannot be started: {error}; try fewer jobs") from error
        stack.callback(cluster.close, timeout=5)
        address = str(cluster.scheduler_address)
        from textkit.engine.dask_workers import DaskWorkers

        stack.callback(DaskWorkers(self._jobs, address, folder=folder).close)
        return address

    def _connect(self, distributed: Any, address: str) -> Any:
        # On anything else a client would be half made, and hang when it goes.
        if not re.fullmatch(r"(tcp|tls|ucxx?|wss?)://[^\s/]+:[0-9]{1,5}", address):
            raise UsageError(f"{address}: not the address of a Dask scheduler, as tcp://HOST:8786")
        try:
            with deaf_to_ctrl_c():
                return distributed.Client(address, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise TextkitError(
                f"{address}: no Dask scheduler answers there; check the address, or start `dask scheduler`"
            ) from error

    def _await_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=CONNECT)
        except TimeoutError as error:
            remedy = f"start one: dask worker {self._scheduler}" if self._scheduler else "try fewer jobs"
            raise TextkitError(f"{self.name}: no worker within {CONNECT} seconds; {remedy}") from error


class _Remote(Generic[Result]):
    """The answer that comes from a cluster; fetched once, and then released there."""

    def __init__(self, engine: Dask, future: Any) -> None:
        self._engine = engine
        self._future = future
        self._outcome: bytes | TextkitError | None = None

    def result(self) -> Result:
        if self._outcome is None:
            try:
                self._outcome = self._fetch()
            except TextkitError as error:
                self._outcome = error
            finally:
                self.cancel()
        if isinstance(self._outcome, TextkitError):
            raise self._outcome
        result: Result = unpack(self._outcome)
        return result

    def cancel(self) -> None:
        """Nobody waits any more: Dask forgets the task and its result."""
        with contextlib.suppress(RuntimeError, AttributeError):  # the client was closed before
            self._future.release()

    def _fetch(self) -> bytes:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        lonely = 0
        while True:
            try:
                outcome: bytes = self._future.result(timeout=5)
                return outcome
            except KilledWorker as error:
                raise WorkerDied("a worker process of the Dask cluster died") from error
            except CancelledError as error:
                raise self._engine.gone() from error
            except TimeoutError:  # a long block, or nobody there to do it?
                lonely = 0 if self._engine.workers() else lonely + 5
                if lonely >= LONELY:
                    raise TextkitError(
                        f"{self._engine.name}: no worker for {LONELY} seconds; start one, then this command"
                    ) from None
            except OSError as error:  # the work's own errors are within its outcome
                raise self._engine.gone() from error
