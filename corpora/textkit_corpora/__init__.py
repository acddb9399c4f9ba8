"""Text from files of many kinds, and small sample corpora written for this project."""

from __future__ import annotations

from textkit_corpora.cards import Card, Split
from textkit_corpora.corpus import Corpus, available, load

__all__ = ["Card", "Corpus", "Split", "available", "load"]
