"""Runs `textkit` commands in processes of their own, which begin in milliseconds: python crash_server.py

The server imports what the commands need once; each command is then a fork of it, a process that runs the
command's `main`, with its own signals, files and end. A line of JSON on standard input asks for one, and the
server answers in one: the number of the process; or, asked to wait for a process, how that ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:  # where PYTHONSAFEPATH is set, as `textkit` sets it, a script's folder is not in it
    sys.path.insert(0, HERE)

LIBRARIES = (
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "numba",
    "sacrebleu",
    "safetensors.numpy",
    "sentencepiece",
    "sklearn.linear_model",
    "torch",
    "torch._dynamo",
    "textkit.tasks.classification",
    "textkit.tasks.classification.linear",
    "textkit.tasks.language_model.neural_training",
    "textkit.tasks.tagging",
    "textkit.tasks.translation",
    "textkit_cli.main",
)
COMMANDS = (
    "tokenize",
    "vocab",
    "train_tokenizer",
    "train_lm",
    "train_classifier",
    "train_tagger",
    "train_nmt",
)


ENDS = {signal.SIGINT, signal.SIGTERM}


def load() -> None:
    """Import what commands import, so that a fork has it."""
    import importlib

    for name in (*LIBRARIES, *(f"textkit_cli.commands.{name}" for name in COMMANDS)):
        importlib.import_module(name)


def child(request: dict[str, Any]) -> None:
    """Be the process of one command, to its end."""
    place = Path(request["place"])
    os.setsid()
    for number in ENDS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.chdir(place / "work")
    os.environ["TMPDIR"] = str(place / "tmp")
    tempfile.tempdir = None
    tempfile.gettempdir()  # writes a file there and removes it, which is Python's own affair
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, name in ((1, "out"), (2, "errors")):
        os.dup2(os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    if request["watched"]:
        import crash_moments

        crash_moments.watch(place, at=request["at"], number=request["signal"])
    from textkit_cli.__main__ import main

    sys.argv = ["textkit", *request["arguments"]]
    status = 70
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        status = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:  # before the command began
        sys.stderr.write("textkit: interrupted\n")
        sys.stderr.flush()
        status = 130
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def main() -> None:
    """Answer until standard input ends."""
    load()
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # until what is forked is a command
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        elif not (answer := os.fork()):
            child(request)
        print(answer, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
