"""Punctuation, Chinese and Western."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from textkit.errors import UsageError


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
        pattern, spaced = _pattern(), _spaced()

        def replace(match: Any) -> str:
            start, end = match.span()
            between = start > 0 and spaced.match(text, start - 1) and spaced.match(text, end)
            return self.replacement or (" " if between else "")

        cleaned: str = pattern.sub(replace, text)
        return cleaned
