"""Attributions for a terminal: words on green and red, or between marks where there is no colour."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textkit.explain.attribution import Attribution

LEVELS = 4
# From pale to strong, of the 256 colours that terminals share, all light enough for black letters.
GREEN = (194, 157, 120, 83)
RED = (224, 217, 210, 203)
WEAK = 0.1  # of the largest score: words below are left plain


def level(score: float | None, largest: float) -> int:
    """How strong a score is, from 1 to LEVELS, signed; 0 for one too weak to show.

    >>> level(1.0, 1.0), level(-0.3, 1.0), level(0.05, 1.0), level(None, 1.0)
    (4, -2, 0, 0)
    """
    if score is None or not largest > 0 or abs(score) < WEAK * largest:
        return 0
    strength = min(LEVELS, int(abs(score) / largest * LEVELS) + 1)
    return strength if score > 0 else -strength


def coloured(attribution: Attribution) -> str:
    """The text on one line, with backgrounds by sign and strength, as ANSI escapes."""
    shown = []
    for piece, score in attribution.pieces():
        strength = level(score, attribution.largest)
        colour = (GREEN if strength > 0 else RED)[abs(strength) - 1]
        plain = printable(piece)
        shown.append(f"\x1b[48;5;{colour}m\x1b[38;5;16m{plain}\x1b[0m" if strength else plain)
    return "".join(shown)


def marked(attribution: Attribution) -> str:
    """The same without colours: [+word] and [-word], with more marks the more a word counts.

    >>> from textkit.explain.attribution import Attribution, Word
    >>> words = (Word("很好", 0, 2, 2.0), Word("贵", 4, 5, -0.6))
    >>> marked(Attribution("很好 但贵", words, "1", None, "m", 1.0))
    '[++++很好] 但[--贵]'
    """
    shown = []
    for piece, score in attribution.pieces():
        strength = level(score, attribution.largest)
        marks = ("+" if strength > 0 else "-") * abs(strength)
        shown.append(f"[{marks}{printable(piece)}]" if strength else printable(piece))
    return "".join(shown)


def printable(text: str) -> str:
    """`text` on one line, without what would steer a terminal.

    >>> printable("a\\nb\\x1b[2J")
    'a b�[2J'
    """
    spaced = (" " if character.isspace() else character for character in text)
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in spaced)


def width(text: str) -> int:
    """Columns a terminal needs for `text`: two for a Chinese character.

    >>> width("好ok")
    4
    """
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
