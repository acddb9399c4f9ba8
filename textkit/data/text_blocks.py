"""Text in blocks of lines, which need not become strings to be tokenized."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError
from textkit.text.lines import Lines


class TextBlock(Protocol):
    """Some lines of a text, decoded when they are asked for."""

    @property
    def size(self) -> int:
        """How long the lines are, their ends included: in characters or in bytes."""
        ...

    def strings(self) -> Sequence[str]:
        """The lines without their ends. Raises InputError for what is no text."""
        ...

    def lines(self) -> Lines:
        """The same, ready for compiled code."""
        ...


@dataclass(frozen=True)
class StringBlock:
    """Lines that are strings already; `first` is the number of the first.

    >>> block = StringBlock(["to be", "or not"])
    >>> block.size, list(block.lines())
    (13, ['to be', 'or not'])
    """

    texts: list[str]
    first: int = 1

    @property
    def size(self) -> int:
        """Characters, line ends included."""
        return sum(map(len, self.texts)) + len(self.texts)

    def strings(self) -> list[str]:
        """The lines."""
        return self.texts

    def lines(self) -> Lines:
        """The lines as one buffer; raises InputError, naming the line, for a lone surrogate."""
        try:
            return Lines.of(self.texts)
        except InputError:
            byte_sizes(self.texts, first=self.first)
            raise


@dataclass(frozen=True)
class TextBlocks:
    """The lines of a text; `InternedText.of` takes its blocks as they are, without a string a line.

    It can be read as often as `blocks` can.

    >>> list(TextBlocks([StringBlock(["a", "b"]), StringBlock(["c"])]))
    ['a', 'b', 'c']
    """

    blocks: Iterable[TextBlock]

    def __iter__(self) -> Iterator[str]:
        return (line for block in self.blocks for line in block.strings())


def byte_sizes(texts: Sequence[str], *, first: int) -> npt.NDArray[np.int64]:
    """The length of each string in UTF-8; raises InputError, counting from `first`, for a lone surrogate."""
    sizes = np.empty(len(texts), np.int64)
    for index, text in enumerate(texts):
        try:
            sizes[index] = len(text.encode())
        except UnicodeEncodeError as error:
            raise InputError(
                f"line {first + index}: half a character (a lone surrogate) is no text; remove or replace it"
            ) from error
    return sizes
