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
_ASCII_RUN = re.compile(r"\S+", re.ASCII)


@dataclass(frozen=True)
class WhitespaceTokenizer:
    """Split at white space of any kind, as `str.split` does; without `unicode` at that of ASCII only.

    The latter are the words of KenLM: tab, line feed, vertical tab, form feed, carriage return and blank
    part them, while a no-break space (U+00A0) or an ideographic one (U+3000) stands inside a word.

    >>> WhitespaceTokenizer()("to be,  or\u3000not")
    ['to', 'be,', 'or', 'not']
    >>> WhitespaceTokenizer(unicode=False)("to be,  or\u3000not")
    ['to', 'be,', 'or\u3000not']
    """

    unicode: bool = True

    batch_pays: ClassVar[int] = 1 << 23  # str.split is quick, and numba takes half a second to load
    unlocked: ClassVar[bool] = True

    def __call__(self, text: str) -> list[str]:
        return text.split() if self.unicode else _ASCII_RUN.findall(text)

    def offsets(self, text: str) -> list[Token]:
        """The tokens with their places in `text`."""
        runs = _RUN if self.unicode else _ASCII_RUN
        return [Token(match.group(), *match.span()) for match in runs.finditer(text)]

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
        classes = spaces(unicode=self.unicode)
        count = find_runs(lines.buffer, lines.starts, lines.ends, classes, starts, ends, offsets)
        return TokenBatch(lines.buffer, starts[:count], ends[:count], offsets, lines)

    def detokenize(self, tokens: list[str]) -> str:
        """The tokens joined by one space."""
        return " ".join(tokens)
