"""Text from files of many kinds, and small sample corpora written for this project."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textkit_corpora.cards import Card, Split
    from textkit_corpora.corpus import Corpus, available, load

__all__ = ["Card", "Corpus", "Split", "available", "load"]


def __getattr__(name: str) -> Any:
    """The sample corpora are loaded when one is asked for; most commands only read files."""
    for module in ("cards", "corpus") if name in __all__ else ():
        found = importlib.import_module(f"textkit_corpora.{module}")
        if hasattr(found, name):
            return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
