"""White space of every kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from textkit.text.alignment import Alignment, substituted

_SPACE = re.compile(r"\s+")  # what str.split takes for white space


@dataclass(frozen=True)
class CollapseWhitespace:
    """Each run of white space (tabs, newlines, ideographic spaces) becomes one space; ends are bare.

    >>> CollapseWhitespace()("  a \\t\\u3000 b\\n")
    'a b'
    """

    def __call__(self, text: str) -> str:
        return " ".join(text.split())

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        join = " ".join
        # Of all white space a plain space alone is printable.
        return [
            line.strip(" ") if line.isprintable() and "  " not in line else join(line.split())
            for line in lines
        ]

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its exact alignment: each space stands for the run it was made of."""
        if self(text) == text:
            return text, Alignment.identity(len(text))
        return substituted(
            _SPACE, lambda match: " " if match.start() > 0 and match.end() < len(text) else "", text
        )
