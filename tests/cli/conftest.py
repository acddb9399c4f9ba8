"""Running `textkit` in this process, with its own standard streams; the runs that reports show."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from textkit_cli.main import main

from .report_page import Page
from .report_runs import Runs, trained_runs


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


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """A run of each kind, for reports. Not to be changed."""
    return trained_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def page_of(runs: Runs, textkit: Run, tmp_path: Path) -> Callable[..., Page]:
    """A function: the page of a run, from which nothing can be fetched or run."""

    def make(*arguments: object) -> Page:
        out = tmp_path / "page.html"
        said = textkit("report", *arguments, "-o", out)
        assert (said.status, said.out, said.err) == (0, "", f"textkit: the report is {out}\n")
        page = Page(out.read_text(encoding="utf-8"))
        page.check_safe()
        return page

    return make
