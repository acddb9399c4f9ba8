"""ARPA text: n-gram models as KenLM, SRILM and others read and write them."""

from __future__ import annotations

from textkit.lm.arpa.reader import read_arpa
from textkit.lm.arpa.writer import write_arpa

__all__ = ["read_arpa", "write_arpa"]
