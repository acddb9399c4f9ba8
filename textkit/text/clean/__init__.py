"""Cleaning stages: each a frozen dataclass from string to string, and presets made of them.

No stage ever introduces a line break, so a file cleaned line by line keeps its number of lines.
"""

from textkit.text.clean.characters import FoldWidth, RemoveControls, UnicodeNormalize
from textkit.text.clean.encoding import RepairEncoding
from textkit.text.clean.letters import Lowercase, Simplify
from textkit.text.clean.markup import StripHtml
from textkit.text.clean.presets import PRESETS, preset
from textkit.text.clean.punctuation import FilterPunctuation
from textkit.text.clean.urls import RemoveEmails, RemoveUrls
from textkit.text.clean.whitespace import CollapseWhitespace

__all__ = [
    "PRESETS",
    "CollapseWhitespace",
    "FilterPunctuation",
    "FoldWidth",
    "Lowercase",
    "RemoveControls",
    "RemoveEmails",
    "RemoveUrls",
    "RepairEncoding",
    "Simplify",
    "StripHtml",
    "UnicodeNormalize",
    "preset",
]
