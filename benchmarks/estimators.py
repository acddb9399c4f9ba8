"""KenLM's lmplz and `textkit train-lm` as benchmarks call them, on one text that both read alike."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

SPECIALS = {"<s>", "</s>", "<unk>"}  # lmplz refuses a text that has them


def find_lmplz() -> str | None:
    """The program, which the environment's LMPLZ names or the PATH has."""
    return os.environ.get("LMPLZ") or shutil.which("lmplz")


def find_build_binary() -> str | None:
    """KenLM's converter, which is built beside lmplz."""
    lmplz = find_lmplz()
    return shutil.which("build_binary", path=str(Path(lmplz).resolve().parent)) if lmplz else None


def read_words(paths: Iterable[Path]) -> Iterator[list[str]]:
    """The words of each line of some texts, parted at white space, the specials left out."""
    for path in paths:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                yield [word for word in line.split() if word not in SPECIALS]


def write_words(path: Path, lines: Iterable[list[str]]) -> int:
    """Write lines of words, blanks between; the number of words."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            count += len(line)
            file.write(" ".join(line) + "\n")
    return count


def textkit_command(text: Path, *options: str, order: int) -> list[str]:
    """`textkit train-lm` of a text; `options` say what to make."""
    program = [sys.executable, "-m", "textkit_cli", "train-lm", "--model", "ngram", "--order", str(order)]
    return [*program, "--quiet", str(text), *options]


def lmplz_command(text: Path, folder: Path, *, order: int, memory: str, options: Iterable[str]) -> list[str]:
    """lmplz of a text; `options` say what to make. Where discounts fail it falls back, as textkit does."""
    command = [str(find_lmplz()), "-o", str(order), "-S", memory, "-T", str(folder), "--text", str(text)]
    return [*command, *options, "--discount_fallback", "0.5", "1", "1.5"]


def clear(folder: Path) -> None:
    """Remove what is in a folder, so that the next has the room."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
