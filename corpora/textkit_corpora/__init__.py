"""Data from files of many kinds, and small sample corpora written for this project."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textkit_corpora.cards import Card, Split
    from textkit_corpora.corpus import Corpus, available, load
    from textkit_corpora.idx import read_images
    from textkit_corpora.numeric_tables import read_table

__all__ = ["Card", "Corpus", "Split", "available", "load", "read_images", "read_table"]

_MODULES = {
    "Card": "cards",
    "Split": "cards",
    "Corpus": "corpus",
    "available": "corpus",
    "load": "corpus",
    "read_images": "idx",
    "read_table": "numeric_tables",
}


def __getattr__(name: str) -> Any:
    """What reads corpora, tables and images is loaded when asked for; most commands only read text."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"textkit_corpora.{_MODULES[name]}"), name)
