"""Columns of a model's tables: what each n-gram takes from its history, and the logarithms that are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.ngram.log_table import LogTable
from textkit.lm.ngram.model import Floats
from textkit.lm.trie import NgramTrie


def of_history(trie: NgramTrie, order: int, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """For each n-gram of `order` the value of its history; `values` holds one for each n-gram of order - 1.

    >>> trie = NgramTrie.of(2, [(np.array([0, 1, 1]), np.array([1, 0, 1]))])
    >>> of_history(trie, 2, np.array([0.5, 0.25, 0.0])).tolist()
    [0.5, 0.25, 0.25]
    """
    sizes = trie.base if order == 1 else np.diff(trie.first[order - 2])
    return np.repeat(values, sizes)


def log_table(probabilities: Floats) -> LogTable:
    """Decimal logarithms of probabilities or weights, zero included.

    >>> log_table(np.array([1.0, 0.1, 0.0])).all().tolist()
    [0.0, -1.0, -inf]
    """
    logs = np.empty(len(probabilities), dtype=np.float32)
    with np.errstate(divide="ignore"):  # log 0 = -inf is meant
        np.log10(probabilities, out=logs, dtype=np.float64, casting="same_kind")
    return LogTable(logs)
