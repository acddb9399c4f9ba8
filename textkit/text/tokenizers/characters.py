"""Tokens are characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textkit.text.tokenizer import Token

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch


@dataclass(frozen=True)
class CharacterTokenizer:
    """Every character (Unicode code point) a token.

    White space is left out, as suits Chinese; with `keep_space` it is kept, and then `detokenize` is
    exact.

    >>> CharacterTokenizer()("我 爱 you")
    ['我', '爱', 'y', 'o', 'u']
    """

    keep_space: bool = False
    batch_pays: ClassVar[int] = 1 << 23  # Python is quick at this, and numba takes half a second to load
    unlocked: ClassVar[bool] = True

    def __call__(self, text: str) -> list[str]:
        return list(text) if self.keep_space else list("".join(text.split()))

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`."""
        return [
            Token(character, place, place + 1)
            for place, character in enumerate(text)
            if self.keep_space or not character.isspace()
        ]

    def batch(self, texts: Sequence[str] | Lines) -> TokenBatch:
        """The tokens of each line, found by compiled code."""
        import numpy as np

        from textkit.text.kernels.classes import spaces
        from textkit.text.kernels.spans import find_characters
        from textkit.text.lines import Lines
        from textkit.text.token_batch import TokenBatch

        lines = Lines.of(texts)
        room = len(lines.buffer)
        starts, ends = np.empty(room, np.int32), np.empty(room, np.int32)
        offsets = np.empty(len(lines) + 1, np.int64)
        count = find_characters(
            lines.buffer, lines.starts, lines.ends, spaces(), self.keep_space, starts, ends, offsets
        )
        return TokenBatch(lines.buffer, starts[:count], ends[:count], offsets, lines)

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens joined: the text itself with `keep_space`, else the text without its spaces."""
        return "".join(tokens)
