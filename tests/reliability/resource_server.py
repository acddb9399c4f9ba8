"""`textkit` in forked processes: torch is imported once, each command has limits and streams of its own.

The tests beside it use `Server`, which runs this file as a script: that is the process that forks.
A request is a line of JSON on its standard input, the answer a line on its standard output.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:  # where PYTHONSAFEPATH is set, as `textkit` sets it, a script's folder is not in it
    sys.path.insert(0, HERE)

from resource_inputs import TRAININGS  # noqa: E402

TIMEOUT = 100  # seconds for a command; more would be a hang


class Ran(NamedTuple):
    """What a command left behind; a negative status is the signal that ended it."""

    status: int
    out: bytes
    err: str


class Server:
    """The process that forks. It trains a model of each kind in the folder `models`, so that its children
    find everything imported and compiled. Use as a context manager."""

    def __init__(self, models: Path, **variables: str) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, __file__, str(models)]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=os.environ | variables)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def run(
        self,
        *arguments: object,
        cwd: Path | None = None,
        stdin: bytes | None = b"",
        stdout: str | None = "",
        stderr: str | None = "",
        limits: dict[str, int] | None = None,
        before: str = "",
        variables: dict[str, str | None] | None = None,
    ) -> Ran:
        """Run `textkit` with `arguments`.

        A stream that is None is closed; `stdout` and `stderr` name a file to write to, "" one that is read
        back, "broken" a pipe without a reader. `limits` are RLIMITs by name, `before` is Python that the
        process executes first, and variables of the environment that are None are removed.
        """
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if stdin is not None:
                (folder / "stdin").write_bytes(stdin)
            request: dict[str, Any] = {
                "arguments": [os.fsdecode(a) if isinstance(a, bytes) else str(a) for a in arguments],
                "cwd": str(cwd or folder),
                "stdin": None if stdin is None else str(folder / "stdin"),
                "stdout": str(folder / "stdout") if stdout == "" else stdout,
                "stderr": str(folder / "stderr") if stderr == "" else stderr,
                "limits": limits or {},
                "before": before,
                "variables": variables or {},
            }
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            status = int(self.process.stdout.readline())
            out, err = (_content(folder / each) for each in ("stdout", "stderr"))
            return Ran(status, out, err.decode("utf-8", "backslashreplace"))


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def one_line(ran: Ran, *, status: int = 1, names: Sequence[object] = ()) -> bool:
    """Whether a command failed as it should: the status, and one line on standard error that has `names`."""
    lines = ran.err.splitlines()
    return (
        ran.status == status
        and len(lines) == 1
        and lines[0].startswith("textkit: error: ")
        and all(str(name) in lines[0] for name in names)
    )


def _serve(models: str) -> None:
    import gc

    import torch

    from textkit_cli.main import main

    torch.set_num_threads(1)
    answers, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
    before = Path.cwd()
    os.chdir(models)
    for name, arguments in TRAININGS.items():
        if status := main([*arguments, "-o", name]):
            sys.exit(status)
    os.chdir(before)
    gc.collect()
    gc.freeze()  # what is here now is no concern of the children, and looking through it costs them time
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line)
        if (child := os.fork()) == 0:
            _become(request)
            _end(main(request["arguments"]))
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _end(status: int) -> None:
    """End as Python does, but without taking apart all that was imported, which takes most of the time."""
    import atexit

    atexit._run_exitfuncs()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        status = 120
    except ValueError:  # closed: Python looks at that first
        pass
    os._exit(status)


def _become(request: dict[str, Any]) -> None:
    """In the child: the streams, the folder, the environment and the limits that were asked for."""
    import resource
    import signal

    signal.alarm(TIMEOUT)
    os.closerange(0, 3)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if request[name] is None:
            continue
        if request[name] == "broken":
            reader, file = os.pipe()
            os.close(reader)
        else:
            file = os.open(request[name], os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY, 0o666)
        if file != number:
            os.dup2(file, number)
            os.close(file)
    for number, name in enumerate(("stdin", "stdout", "stderr")):  # as Python does when it begins
        mode = "w" if number else "r"
        stream = None if request[name] is None else os.fdopen(number, mode, closefd=False, encoding="utf-8")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = ["textkit", *request["arguments"]]
    os.chdir(request["cwd"])
    tempfile.tempdir = None
    for name, value in request["variables"].items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
    exec(request["before"], {})
    for name, limit in request["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))


if __name__ == "__main__":
    _serve(sys.argv[1])
