"""White space of every kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CollapseWhitespace:
    """Each run of white space (tabs, newlines, ideographic spaces) becomes one space; ends are bare.

    >>> CollapseWhitespace()("  a \\t\\u3000 b\\n")
    'a b'
    """

    def __call__(self, text: str) -> str:
        return " ".join(text.split())
