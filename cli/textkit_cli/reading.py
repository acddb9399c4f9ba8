"""Text for training: the lines of the input files, block by block, decoded where and when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textkit.errors import InputError
from textkit_cli.options import inputs
from textkit_corpora.blocks import Block, read_blocks

if TYPE_CHECKING:
    from textkit.data.text_blocks import TextBlocks
    from textkit.text.lines import Lines

_SIZE = 1 << 18  # of a block: what is found in it stays near the processor


@dataclass(frozen=True)
class FileBlock:
    r"""Some lines of a file, as `textkit.data.text_blocks.TextBlock` asks for; `errors` as in `read_lines`.

    >>> block = FileBlock(Block("f.txt", 11, b"to be\r\nor not\n"))
    >>> block.size, block.strings(), list(block.lines())
    (14, ['to be', 'or not'], ['to be', 'or not'])
    """

    block: Block
    errors: str = "strict"

    @property
    def size(self) -> int:
        """Bytes of plain text, characters of records."""
        text = self.block.text
        return len(text) if isinstance(text, bytes) else sum(map(len, text)) + len(text)

    def strings(self) -> list[str]:
        """The lines without their ends. Raises InputError, with file and line, for what is no text."""
        return self.block.strings(errors=self.errors)[0]

    def lines(self) -> Lines:
        """The same as one buffer: of plain text its own bytes, checked and cut by compiled code."""
        from textkit.text.lines import Lines

        if isinstance(self.block.text, bytes):
            try:
                return Lines.split(self.block.text)
            except InputError:
                pass  # it names no file; and it may be that bytes are to be replaced
        return Lines.of(self.strings())


def read_text(files: Sequence[str] | None, *, field: str | None, errors: str) -> TextBlocks:
    """The lines of all files as `options.read_all` gives them, once, and as blocks for `InternedText.of`."""
    from textkit.data.text_blocks import TextBlocks

    blocks = read_blocks(inputs(files), field=field, errors=errors, size=_SIZE)
    return TextBlocks(FileBlock(block, errors) for block in blocks)
