"""One worker process and the pipe to it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection

from textkit.engine.engine import WorkerDied
from textkit.engine.outcome import run

PATIENCE = 5  # seconds that a process may take to end by itself


class Worker:
    """A process that works on one block at a time and ends with us, however we end.

    It is started fresh (spawn): a forked copy of threads and locks can hang. The pipe is its own, so
    that it is known which block it died on, and no lock is left behind by the dead.
    """

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs,), daemon=True, name="textkit worker")
        try:
            self._process.start()
        except BaseException:
            self._pipe.close()
            raise
        finally:
            theirs.close()
        self._work: bytes | None = None

    def run(self, work: bytes, block: bytes) -> bytes:
        """The outcome of packed `work` on a packed `block`. Raises WorkerDied."""
        try:
            self._pipe.send_bytes(b"" if work is self._work else work)
            self._work = work
            self._pipe.send_bytes(block)
            return self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            self.end()
            raise WorkerDied(f"a worker process died ({_manner(self._process.exitcode)})") from error

    def dismiss(self) -> None:
        """Tell the process, which is idle, to go."""
        self._pipe.close()

    def end(self) -> None:
        """Wait until the process, idle or dead already, has gone."""
        self.dismiss()
        self._process.join(PATIENCE)
        if self._process.exitcode is None:
            self.kill()
            self._process.join()

    def kill(self) -> None:
        """Kill the process, whatever it does; whoever waits for its answer gets WorkerDied."""
        self._process.kill()


def _manner(status: int | None) -> str:
    if status is None:
        return "killed"
    if status < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-status).name
    return f"exit status {status}"


def _serve(pipe: Connection) -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    work = b""
    with contextlib.suppress(EOFError, OSError):  # the parent closed the pipe
        while True:
            work = pipe.recv_bytes() or work
            pipe.send_bytes(run(work, pipe.recv_bytes()))


def end_with_parent() -> None:
    """A parent killed outright cannot end its workers, and one at work would only notice when done."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
