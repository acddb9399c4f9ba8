"""Pairs of a text and its translation: filters that leave bad ones out, and a count of what they left out."""

from textkit.text.pairs.cleaning import PairReport, TwoTexts, clean_pairs
from textkit.text.pairs.filters import CopiedSource, Duplicates, EmptySide, LengthRatio, TooLong
from textkit.text.pairs.languages import WrongLanguage
from textkit.text.pairs.pair import Pair, PairFilter

__all__ = [
    "CopiedSource",
    "Duplicates",
    "EmptySide",
    "LengthRatio",
    "Pair",
    "PairFilter",
    "PairReport",
    "TooLong",
    "TwoTexts",
    "WrongLanguage",
    "clean_pairs",
]
