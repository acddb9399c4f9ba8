"""Tokens are what stands between white space."""

from __future__ import annotations

import re
from dataclasses import dataclass

from textkit.text.tokenizer import Token

_RUN = re.compile(r"\S+")


@dataclass(frozen=True)
class WhitespaceTokenizer:
    """Split at white space of any kind, as `str.split` does.

    >>> WhitespaceTokenizer()("to be,  or not")
    ['to', 'be,', 'or', 'not']
    """

    def __call__(self, text: str) -> list[str]:
        return text.split()

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`."""
        return [Token(match.group(), *match.span()) for match in _RUN.finditer(text)]

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens joined by one space."""
        return " ".join(tokens)
