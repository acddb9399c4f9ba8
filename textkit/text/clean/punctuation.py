"""Punctuation, Chinese and Western."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textkit.errors import UsageError
from textkit.text.alignment import Alignment, substituted
from textkit.text.clean.joined import codes_of, joined, text_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@functools.lru_cache(maxsize=1)
def _pattern() -> Any:
    import regex

    # Punctuation and the signs of mathematics, money and accents; other symbols (So) are emoji and pictures.
    # Skin tones are Sk by category but part of an emoji. An apostrophe within a word is spelling, and so is
    # the point of a number.
    return regex.compile(
        r"(?V1)(?:(?!(?<=[\p{L}--\p{Han}])['’](?=[\p{L}--\p{Han}]))(?!(?<=\d)\.(?=\d))"
        r"[[\p{P}\p{Sm}\p{Sc}\p{Sk}]--\p{Emoji_Modifier}])+"
    )


@functools.lru_cache(maxsize=1)
def _spaced() -> Any:
    import regex

    # Letters and digits of scripts that put spaces between words.
    return regex.compile(
        r"(?V1)[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}]]"
    )


_FEW = 1 << 13  # characters: in less time than the table takes to make, the pattern is through with them
_MARK, _LETTER, _DIGIT, _SPACED = 1, 2, 4, 8


@functools.lru_cache(maxsize=1)
def _kinds() -> npt.NDArray[np.uint8]:
    """What the two patterns ask of each code point, as flags, (0x110000,)."""
    import numpy as np
    import regex

    kinds = np.zeros(0x110000, np.uint8)
    # The planes left out have no characters, or private ones.
    known = np.concatenate(
        [np.arange(0x40000, dtype=np.uint32), np.arange(0xE0000, 0xE1000, dtype=np.uint32)]
    )
    text = text_of(known)
    for flag, pattern in (
        (_MARK, r"(?V1)[[\p{P}\p{Sm}\p{Sc}\p{Sk}]--\p{Emoji_Modifier}]+"),
        (_LETTER, r"(?V1)[\p{L}--\p{Han}]+"),
        (_DIGIT, r"\d+"),
        (_SPACED, f"{_spaced().pattern}+"),
    ):
        for match in regex.finditer(pattern, text):
            kinds[known[match.start() : match.end()]] |= flag
    return kinds


@dataclass(frozen=True)
class FilterPunctuation:
    """Chinese and Western punctuation removed, as is usual before bag-of-words sentiment models.

    Each run of punctuation becomes `replacement`; between two words of a script that is written with
    spaces it becomes a space at least, so "good,bad" stays two words. Apostrophes within a word stay
    (don't), and so do points within a number (3.5) and emoji, which carry feeling. Signs such as
    + $ % ~ ￥ ^ count as punctuation. Raises UsageError for a replacement of anything but spaces.

    >>> FilterPunctuation()("很好！！“推荐”，good,bad... don't 😀")
    "很好推荐good bad don't 😀"
    """

    replacement: str = ""

    def __post_init__(self) -> None:
        if self.replacement.strip(" "):
            raise UsageError(f"punctuation is replaced by spaces or nothing, not by {self.replacement!r}")

    def __call__(self, text: str) -> str:
        cleaned: str = _pattern().sub(self._replace, text)
        return cleaned

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its exact alignment: a space stands for the run that it replaced."""
        return substituted(_pattern(), self._replace, text)

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned, many by a table of all characters instead of the pattern."""
        few = sum(map(len, lines)) < _FEW
        return joined(self if few or len(self.replacement) > 1 else self._filter, lines)

    def _filter(self, text: str) -> str:
        import numpy as np

        codes = codes_of(text).copy()
        padded = np.zeros(len(codes) + 2, np.uint8)
        padded[1:-1] = _kinds()[codes]
        before, kinds, after = padded[:-2], padded[1:-1], padded[2:]
        around = before & after
        spelling = (around & _LETTER != 0) & ((codes == ord("'")) | (codes == ord("’")))
        number = (around & _DIGIT != 0) & (codes == ord("."))
        kept = (kinds & _MARK == 0) | spelling | number
        edges = np.flatnonzero(np.diff(kept, prepend=True, append=True))
        starts, ends = edges[::2], edges[1::2]  # of the runs of punctuation
        if not self.replacement:
            starts = starts[before[starts] & after[ends - 1] & _SPACED != 0]
        kept[starts] = True
        codes[starts] = ord(" ")
        return text_of(codes[kept])

    def _replace(self, match: Any) -> str:
        if self.replacement:
            return self.replacement
        spaced, text, (start, end) = _spaced(), match.string, match.span()
        between = start > 0 and spaced.match(text, start - 1) and spaced.match(text, end)
        return " " if between else ""
