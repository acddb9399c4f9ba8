"""Commands as processes that can be killed, each in a place of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 240  # a command that takes longer hangs


@dataclass(frozen=True)
class Place:
    """Where a command runs: in `work`, with its temporary files in `tmp`, both empty before it."""

    path: Path

    @staticmethod
    def made(path: Path) -> Place:
        """A new one."""
        for name in ("work", "tmp"):
            (path / name).mkdir(parents=True)
        return Place(path)

    @property
    def work(self) -> Path:
        """The folder that the user looks into."""
        return self.path / "work"

    def names(self) -> set[str]:
        """What stands there, and in the folder of temporary files."""
        return {
            *(path.name for path in self.work.iterdir()),
            *(f"tmp/{path.name}" for path in (self.path / "tmp").iterdir()),
        }

    def errors(self) -> str:
        """What the last command said."""
        return (self.path / "errors").read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, that of a signal below zero, and what it said."""

    status: int
    errors: str


class Commands:
    """The server of commands (see `crash_server`)."""

    def __init__(self) -> None:
        here = Path(__file__).parent
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        for name in ("TEXTKIT_DEBUG", "PYTEST_CURRENT_TEST"):
            environment.pop(name, None)
        self._server = subprocess.Popen(
            [sys.executable, str(here / "crash_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def close(self) -> None:
        """End the server."""
        self._server.communicate(timeout=30)

    def start(
        self,
        arguments: list[str],
        place: Place,
        *,
        watched: bool = False,
        at: int | None = None,
        number: int = signal.SIGKILL,
    ) -> int:
        """Begin a command; the number of its process.

        `watched`: its steps are listed; it gets the signal `number` just before step `at`.
        """
        return self._ask(
            arguments=arguments,
            place=str(place.path),
            watched=watched or at is not None,
            at=at,
            signal=int(number),
        )

    def wait(self, process: int, place: Place) -> Ended:
        """Wait for its end; one that hangs is killed, which tells."""
        alarm = threading.Timer(SECONDS, os.kill, (process, signal.SIGKILL))
        alarm.start()
        try:
            return Ended(self._ask(wait=process), place.errors())
        finally:
            alarm.cancel()

    def run(self, arguments: list[str], place: Place, **options: Any) -> Ended:
        """Begin a command and wait for its end."""
        return self.wait(self.start(arguments, place, **options), place)

    def _ask(self, **request: Any) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())
