"""The fenced blocks of a page of Markdown, and what the comment before each says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<language>[\w{}:-]*).*$")
COMMENT = re.compile(r"^<!-- (?P<what>not run|needs|file|roughly|generated): (?P<value>.+?) -->$")


@dataclass(frozen=True)
class Block:
    """A fenced block, and the comment in the line above it.

    `<!-- not run: REASON -->`, `<!-- needs: MODULE -->` (run where it is installed), `<!-- file: NAME -->`
    (what that file holds), `<!-- roughly: REASON -->` (all but the numbers is compared) or
    `<!-- generated: REASON -->` (only the number of lines is, as a network chose the words or their order).
    """

    language: str
    text: str
    line: int  # of the fence, from 1
    comment: str = ""
    value: str = ""


@dataclass(frozen=True)
class Command:
    """A command of a console block, and what should be printed; `line` counts in the page."""

    text: str
    expected: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page in order.

    >>> page = "<!-- not run: minutes -->\\n```console\\n$ textkit chapter run --all\\n```\\n"
    >>> [(block.language, block.comment, block.value) for block in blocks(page)]
    [('console', 'not run', 'minutes')]
    """
    lines = page.splitlines()
    number = 0
    while number < len(lines):
        fence = FENCE.match(lines[number])
        if fence is None:
            number += 1
            continue
        end = number + 1
        while end < len(lines) and lines[end].strip() != fence["ticks"]:
            end += 1
        if end == len(lines):
            raise ValueError(f"line {number + 1}: a block that does not end")
        comment = COMMENT.match(_before(lines, number))
        text = "".join(f"{line}\n" for line in lines[number + 1 : end])
        said = (comment["what"], comment["value"]) if comment else ("", "")
        yield Block(fence["language"], text, number + 1, *said)
        number = end + 1


def _before(lines: list[str], number: int) -> str:
    above = [line for line in lines[:number] if line.strip()]
    return above[-1].strip() if above else ""


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block; a line that ends with a backslash goes on in the next.

    >>> [c.text for c in commands(Block("console", "$ textkit vocab \\\\\\n    -o v a\\n3\\n$ ls\\n", 1))]
    ['textkit vocab     -o v a', 'ls']
    """
    text, expected, at = "", "", 0
    going_on = False
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            if text:
                yield Command(text, expected, at)
            text, expected, at = line[2:], "", number
        elif going_on:
            text += line
        elif not text:
            raise ValueError(f"line {number}: a console block begins with a command")
        else:
            expected += f"{line}\n"
        going_on = text.endswith("\\") and not expected
        text = text.removesuffix("\\") if going_on else text
    yield Command(text, expected, at)


def load(path: Path) -> list[Block]:
    """The blocks of a file; none of one that is not there."""
    return list(blocks(path.read_text(encoding="utf-8"))) if path.exists() else []
