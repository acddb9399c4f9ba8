"""Writes what commands and snippets print into pages of the documentation: fill.py PAGE.md ...

What stands there and is still true stays as it is, with its `...`; what is not, and what is compared by its
form or its lines alone, is replaced by what was printed.
The blocks of a guide in English go into the Chinese page of the same name, which must have as many.
A developer's script: `python tests/docs/fill.py docs/guide/*.md`, then read `git diff`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from documented.blocks import load
from documented.page import Ran, run_page

SPEED = re.compile(r"in [\d.]+ min, [\d,]+ [\w ]+/s;")
DIGEST = re.compile(r"#[0-9a-f]{12}")
RECIPE = re.compile(r"recipe #[0-9a-f]{12}: .*")


def filled(page: Path) -> str:
    """The text of `page` with its outputs as they are now."""
    lines = page.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        all_ran = list(run_page(page.name, load(page), Path(folder)))
    for ran in reversed(all_ran):
        if ran.status:
            sys.stderr.write(f"{page}:{ran.line}: status {ran.status}: {ran.printed}\n")
        if ran.comment in ("roughly", "generated") or not ran.as_written:
            _replace(lines, ran)
    return "".join(f"{line}\n" for line in lines)


def _replace(lines: list[str], ran: Ran) -> None:
    printed = [_lasting(line.rstrip()) for line in ran.printed.rstrip("\n").splitlines()]
    start = ran.line  # the line after the command, counted from 0
    if ran.what == "python":
        end = _next_fence(lines, start) + 1
        if lines[end + 1 : end + 2] == ["```text"]:
            lines[end + 2 : _next_fence(lines, end + 2)] = printed
        else:
            lines[end:end] = ["", "```text", *printed, "```"]
        return
    while lines[start - 1].endswith("\\"):
        start += 1
    end = start
    while not lines[end].startswith(("$ ", "```")):
        end += 1
    lines[start:end] = printed


def _lasting(line: str) -> str:
    """A printed line without what differs from day to day: speeds, and digests that depend on versions."""
    return DIGEST.sub("#...", RECIPE.sub("recipe #...", SPEED.sub("in ...;", line)))


def _next_fence(lines: list[str], start: int) -> int:
    return next(number for number in range(start, len(lines)) if lines[number].startswith("```"))


def copied(english: Path, chinese: Path) -> str:
    """The Chinese page with the blocks of the English one."""
    theirs, ours = load(english), load(chinese)
    if len(theirs) != len(ours):
        raise SystemExit(f"{chinese}: {len(ours)} blocks, and {len(theirs)} in {english}")
    lines = chinese.read_text(encoding="utf-8").splitlines()
    for new, old in reversed(list(zip(theirs, ours, strict=True))):
        lines[old.line : old.line + old.text.count("\n")] = new.text.splitlines()
        lines[old.line - 1] = f"```{new.language}"
    return "".join(f"{line}\n" for line in lines)


def main() -> None:
    """Fill the pages named on the command line."""
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(filled(page), encoding="utf-8")
        chinese = page.parent.parent / "zh" / page.name
        if page.parent.name == "guide" and chinese.exists():
            chinese.write_text(copied(page, chinese), encoding="utf-8")


if __name__ == "__main__":
    main()
