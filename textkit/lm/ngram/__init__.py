"""The n-gram model: its tables in memory and on disk, and all that can be asked of it."""

from __future__ import annotations

from textkit.lm.ngram.model import Miss, NgramModel

__all__ = ["Miss", "NgramModel"]
