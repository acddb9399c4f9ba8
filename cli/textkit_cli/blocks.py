"""The lines of all input files, in blocks that know where they came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textkit_corpora.compression import check_file, display_name
from textkit_corpora.readers import read_lines
from textkit_corpora.tables import kind_of

CHARACTERS = 1 << 16  # in a block: enough to outweigh sending it to another process, little to hold


@dataclass(frozen=True)
class Block:
    """Some lines of one file, in order; `first` is the number of the first, counted from 1."""

    file: str
    first: int
    lines: list[str]

    def place(self, index: int) -> str:
        """Where line `index` of the block stands, as messages put it."""
        between = ":" if kind_of(self.file) == "text" else ": record "
        return f"{display_name(self.file)}{between}{self.first + index}"


def read_blocks(
    files: Sequence[str], *, field: str | None, errors: str, characters: int = CHARACTERS
) -> Iterator[Block]:
    """The lines of `files` in order, about `characters` a block; a line is never divided.

    Every file is looked for before the first is read, so a name mistyped last is known at once.
    """
    for file in files:
        check_file(file)
    return _blocks(files, field=field, errors=errors, characters=characters)


def _blocks(files: Sequence[str], *, field: str | None, errors: str, characters: int) -> Iterator[Block]:
    for file in files:
        first, lines, size = 1, [], 0
        for line in read_lines(file, field=field, errors=errors):
            lines.append(line)
            size += len(line) + 1
            if size >= characters:
                yield Block(file, first, lines)
                first, lines, size = first + len(lines), [], 0
        if lines:
            yield Block(file, first, lines)
