"""Translators that are loaded once and then translate when asked to, each in a process of its own.

A request is a line of JSON, and so is its answer. Only the standard library is needed, on either side.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Message = dict[str, Any]


def serve(load: Callable[[], Callable[[Message], Message]]) -> None:
    """In the translator's process: load it, then answer until there are no more requests.

    What it prints otherwise goes to standard error.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    work = load()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), file=answers, flush=True)


class Server:
    """The same process, seen from outside; what it says on standard error is in the file `log`."""

    def __init__(self, command: Sequence[str | Path], *, log: Path) -> None:
        self.log = log
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True
            )
        self._answer()

    def ask(self, **request: Any) -> Message:
        """Its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Message:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"a translator ended:\n{self.log.read_text()[-2000:]}")
        answer: Message = json.loads(line)
        return answer

    def close(self) -> None:
        """No more requests."""
        self.process.communicate()
