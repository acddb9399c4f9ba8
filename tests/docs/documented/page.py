"""Runs a page from top to bottom, in one folder and one Python session."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documented.blocks import Block, commands
from documented.comparison import same, same_form
from documented.shell import Shell, at


@dataclass(frozen=True)
class Ran:
    """What a block or a command printed, what stands in the page, and where."""

    what: str
    line: int
    expected: str
    printed: str
    status: int = 0
    comment: str = ""  # of the block

    @property
    def as_written(self) -> bool:
        """Whether the page says the truth."""
        if self.comment == "generated":
            return len(self.expected.strip().splitlines()) == len(self.printed.strip().splitlines())
        if self.comment == "roughly":
            return same_form(self.expected, self.printed)
        return same(self.expected, self.printed)


def run_page(name: str, blocks: list[Block], folder: Path) -> Iterator[Ran]:
    """Run the blocks of a page, in order; what went wrong in Python is raised.

    A `text` block right after a `python` block is what that prints. A command that fails must be followed
    by `echo $?`.
    """
    shell = Shell(folder)
    session: dict[str, Any] = {"__name__": "page"}
    with at(folder):
        for number, block in enumerate(blocks):
            if block.comment == "file":
                (folder / block.value).write_text(block.text, encoding="utf-8")
            elif block.comment == "not run" or not available(block):
                continue
            elif block.language == "console":
                yield from _console(shell, block)
            elif block.language == "python":
                follower = blocks[number + 1] if number + 1 < len(blocks) else None
                yield _python(f"{name}:{block.line}", session, block, follower)


def available(block: Block) -> bool:
    """Whether what the comment says the block needs is installed."""
    return block.comment != "needs" or importlib.util.find_spec(block.value) is not None


def _console(shell: Shell, block: Block) -> Iterator[Ran]:
    found = list(commands(block))
    for number, command in enumerate(found):
        printed = shell.run(command.text)
        asked = number + 1 < len(found) and found[number + 1].text.strip() == "echo $?"
        status = 0 if asked else shell.status
        yield Ran(command.text, command.line, command.expected, printed, status, block.comment)


def _python(place: str, session: dict[str, Any], block: Block, follower: Block | None) -> Ran:
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(block.text, place, "exec"), session)
    follows = follower is not None and follower.language == "text" and not follower.comment
    directly = follows and follower.line == block.line + block.text.count("\n") + 3
    expected = follower.text if directly and follower is not None else ""
    return Ran("python", block.line, expected, printed.getvalue(), comment=block.comment)
