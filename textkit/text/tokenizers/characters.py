"""Tokens are characters."""

from __future__ import annotations

from dataclasses import dataclass

from textkit.text.tokenizer import Token


@dataclass(frozen=True)
class CharacterTokenizer:
    """Every character (Unicode code point) a token.

    White space is left out, as suits Chinese; with `keep_space` it is kept, and then `detokenize` is
    exact.

    >>> CharacterTokenizer()("我 爱 you")
    ['我', '爱', 'y', 'o', 'u']
    """

    keep_space: bool = False

    def __call__(self, text: str) -> list[str]:
        return list(text) if self.keep_space else list("".join(text.split()))

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`."""
        return [
            Token(character, place, place + 1)
            for place, character in enumerate(text)
            if self.keep_space or not character.isspace()
        ]

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens joined: the text itself with `keep_space`, else the text without its spaces."""
        return "".join(tokens)
