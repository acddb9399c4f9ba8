"""Counting n-grams: in memory, in parts, from files, and added up."""

from __future__ import annotations

from textkit.lm.counts.ngram_counts import NgramCounts, counts_of_counts

__all__ = ["NgramCounts", "counts_of_counts"]
