"""Variants of the same letter: capital and small, traditional and simplified."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from textkit.errors import unknown_name

CONVERSIONS = ("t2s", "tw2s", "tw2sp", "hk2s")


@dataclass(frozen=True)
class Lowercase:
    """Small letters for capitals, by `str.lower`.

    Not `str.casefold`, which is for comparing: it would also rewrite words that are lower case
    already (Straße as strasse).

    >>> Lowercase()("Hello WORLD, Straße")
    'hello world, straße'
    """

    def __call__(self, text: str) -> str:
        return text.lower()


@functools.lru_cache(maxsize=len(CONVERSIONS))
def _converter(conversion: str) -> Any:
    import opencc

    return opencc.OpenCC(conversion)


@dataclass(frozen=True)
class Simplify:
    """Traditional Chinese characters to simplified ones, by OpenCC's dictionaries of phrases.

    `conversion` is one of OpenCC's: t2s (characters only), tw2s (from Taiwan's standard), tw2sp (and
    its wording: 滑鼠 becomes 鼠标), hk2s (from Hong Kong's). Raises UsageError for another.

    >>> Simplify()("著名的頭髮還乾")
    '著名的头发还干'
    """

    conversion: str = "t2s"

    def __post_init__(self) -> None:
        if self.conversion not in CONVERSIONS:
            raise unknown_name("conversion", self.conversion, CONVERSIONS)

    def __call__(self, text: str) -> str:
        if text.isascii():
            return text
        converted: str = _converter(self.conversion).convert(text)
        return converted
