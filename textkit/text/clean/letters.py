"""Variants of the same letter: capital and small, traditional and simplified."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textkit.errors import unknown_name
from textkit.text.alignment import Alignment
from textkit.text.clean.joined import joined

_LONGEST = 64  # characters: more than any phrase of OpenCC's has, so that there is a place to cut so near
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

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned."""
        return [line.lower() for line in lines]

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its exact alignment, by character (İ alone becomes two)."""
        places = [match.start() for match in re.finditer("İ", text)]
        return text.lower(), Alignment.of_edits(len(text), [(place, place + 1, 2) for place in places])


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
        convert = _converter(self.conversion).convert
        # To OpenCC's segmentation a NUL is the end of the text; the rest would be lost.
        return "\0".join([convert(part) for part in text.split("\0")])

    def batch(self, lines: Sequence[str]) -> list[str]:
        """Each line cleaned; no phrase of OpenCC's reaches beyond a line."""
        return joined(self, lines)

    def aligned(self, text: str) -> tuple[str, Alignment]:
        """The cleaned text and its alignment: by character, but by phrase where one changes its length.

        Exact: texts are halved where converting the halves gives the same, down to single characters
        or to phrases that cannot be cut (印表機 becomes 打印机; 記憶體 becomes 内存, all of it for each of
        the two). Within a phrase that keeps its length, the nth character stands for the nth.
        """
        cleaned = self(text)
        return cleaned, Alignment.of_edits(len(text), self._edits(text, cleaned, 0))

    def _edits(self, text: str, cleaned: str, begin: int) -> Iterator[tuple[int, int, int]]:
        """The phrases of `text` that become longer or shorter, as edits; `text` begins at `begin`."""
        if text == cleaned:
            return
        characters = [_alone(self, character) for character in text]
        if "".join(characters) == cleaned:
            for index, character in enumerate(characters, begin):
                if len(character) != 1:
                    yield index, index + 1, len(character)
            return
        middle = len(text) // 2
        near = range(max(middle - _LONGEST, 1), min(middle + _LONGEST, len(text)))
        for cut in sorted(near, key=lambda place: abs(place - middle)):
            left, right = self(text[:cut]), self(text[cut:])
            if left + right == cleaned:
                yield from self._edits(text[:cut], left, begin)
                yield from self._edits(text[cut:], right, begin + cut)
                return
        if len(text) != len(cleaned):
            yield begin, begin + len(text), len(cleaned)


@functools.lru_cache(maxsize=1 << 14)
def _alone(stage: Simplify, character: str) -> str:
    return stage(character)
