"""Runs a line as a reader's shell would: `textkit` in this process, to save its start, all else by sh.

Pipes, `>`, `<` and `$(...)` are understood; the standard streams of a stage are files in memory.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from textkit_cli.main import main

SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")


@dataclass
class Stage:
    """One command of a pipe, and the file of its input and of its output."""

    words: list[str] = field(default_factory=list)
    source: str = ""
    sink: str = ""


class Shell:
    """Where the lines of a page run, one after the other; `status` is that of the last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = 0

    def run(self, line: str) -> str:
        """What a terminal would show after `line`."""
        if line.strip() == "echo $?":
            shown, self.status = f"{self.status}\n", 0
            return shown
        screen = io.BytesIO()
        line = SUBSTITUTION.sub(self._substituted, line)
        given = b""
        stages = list(_stages(line))
        for number, stage in enumerate(stages):
            last = number == len(stages) - 1
            given = (self.folder / stage.source).read_bytes() if stage.source else given
            out = screen if last and not stage.sink else io.BytesIO()
            self.status = self._run(stage.words, given, out, screen)
            given = b"" if out is screen else out.getvalue()
            if stage.sink:
                (self.folder / stage.sink).write_bytes(given)
        return screen.getvalue().decode()

    def _substituted(self, found: re.Match[str]) -> str:
        inner = Shell(self.folder)
        shown = inner.run(found[1]).strip()
        if inner.status:
            raise ValueError(f"{found[1]}: {shown}")
        return shown

    def _run(self, words: list[str], given: bytes, out: io.BytesIO, screen: io.BytesIO) -> int:
        if words[0] == "textkit":
            with _streams(given, out, screen):
                return main(words[1:])
        ran = subprocess.run(
            ["sh", "-c", shlex.join(words)], input=given, capture_output=True, cwd=self.folder, check=False
        )
        out.write(ran.stdout)
        screen.write(ran.stderr)
        return ran.returncode


def _stages(line: str) -> Iterator[Stage]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>&;")
    lexer.whitespace_split = True
    lexer.commenters = ""
    stage = Stage()
    words = iter(lexer)
    for word in words:
        if word == "|":
            yield stage
            stage = Stage()
        elif word == ">":
            stage.sink = next(words)
        elif word == "<":
            stage.source = next(words)
        elif re.fullmatch(r"[|<>&;]+", word):
            raise ValueError(f"{line}: this shell has no {word}")
        else:
            stage.words.append(word)
    yield stage


@contextmanager
def _streams(given: bytes, out: io.BytesIO, error: io.BytesIO) -> Iterator[None]:
    before = sys.stdin, sys.stdout, sys.stderr
    files = [io.TextIOWrapper(stream, "utf-8", newline="", write_through=True) for stream in (out, error)]
    sys.stdin = io.TextIOWrapper(io.BytesIO(given), "utf-8", newline="")
    sys.stdout, sys.stderr = files
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for file in files:
            file.flush()
            file.detach()  # closing the wrapper would close what it wraps


@contextmanager
def at(folder: Path) -> Iterator[None]:
    """Be in `folder`, with a terminal of 80 columns and no debugging."""
    kept = {name: os.environ.get(name) for name in ("COLUMNS", "TEXTKIT_DEBUG", "NO_COLOR")}
    before = Path.cwd()
    os.environ.update(COLUMNS="80", NO_COLOR="1")
    os.environ.pop("TEXTKIT_DEBUG", None)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
