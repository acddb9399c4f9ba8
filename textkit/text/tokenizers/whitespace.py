"""Tokens are what stands between white space."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textkit.text.tokenizer import Token

if TYPE_CHECKING:
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch

_RUN = re.compile(r"\S+")


@dataclass(frozen=True)
class WhitespaceTokenizer:
    """Split at white space of any kind, as `str.split` does.

    >>> WhitespaceTokenizer()("to be,  or not")
    ['to', 'be,', 'or', 'not']
    """

    batch_pays: ClassVar[int] = 1 << 23  # str.split is quick, and numba takes half a second to load
    unlocked: ClassVar[bool] = True

    def __call__(self, text: str) -> list[str]:
        return text.split()

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`."""
        return [Token(match.group(), *match.span()) for match in _RUN.finditer(text)]

    def batch(self, texts: Sequence[str] | Lines) -> TokenBatch:
        """The tokens of each line, found by compiled code."""
        import numpy as np

        from textkit.text.kernels.classes import spaces
        from textkit.text.kernels.spans import find_runs
        from textkit.text.lines import Lines
        from textkit.text.token_batch import TokenBatch

        lines = Lines.of(texts)
        room = len(lines.buffer) // 2 + len(lines) + 4
        starts, ends = np.empty(room, np.int32), np.empty(room, np.int32)
        offsets = np.empty(len(lines) + 1, np.int64)
        count = find_runs(lines.buffer, lines.starts, lines.ends, spaces(), starts, ends, offsets)
        return TokenBatch(lines.buffer, starts[:count], ends[:count], offsets, lines)

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens joined by one space."""
        return " ".join(tokens)
