"""Running `textkit` in this process, with its own standard streams."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from textkit_cli.main import main


class Ran(NamedTuple):
    """What a run of the command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def textkit(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function: arguments, and standard input as bytes or text, to status and output."""
    monkeypatch.delenv("TEXTKIT_DEBUG", raising=False)

    def run(*arguments: object, stdin: bytes | str = b"") -> Ran:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        streams = [io.BytesIO(data), io.BytesIO(), io.BytesIO()]
        with monkeypatch.context() as patch:
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, io.TextIOWrapper(stream, encoding="utf-8", newline=""))
            status = main([str(argument) for argument in arguments])
            sys.stdout.flush()
            sys.stderr.flush()
            return Ran(status, streams[1].getvalue().decode(), streams[2].getvalue().decode())

    return run
