"""Where the tables of a model lie in memory: what compiled code needs to find them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.lm.ngram.log_table import LN10, LogTable
from textkit.lm.trie import NgramTrie


class TableAddresses:
    """The addresses of all tables of a model, in one array, whose own `address` stands for them all.

    Handing over one number instead of dozens of arrays makes calls cheap, and code that is compiled once
    serves every order. The arrays live as long as this object; it is made anew wherever it is copied or
    sent to. `shorter` and `unseen` (a natural logarithm) are those of the model's `Miss`.
    """

    def __init__(
        self,
        trie: NgramTrie,
        log_prob: Sequence[LogTable],
        *,
        log_backoff: Sequence[LogTable],
        shorter: bool,
        unseen: float,
    ) -> None:
        from textkit.lm.kernels import query

        self._made_of = (trie, tuple(log_prob), tuple(log_backoff), shorter, unseen)
        self.order = trie.order
        self._kept: list[npt.NDArray[Any]] = []
        self._table = np.zeros(query.STRIDE * (trie.order + 1), dtype=np.int64)
        self._table[query.ORDER], self._table[query.BEGIN] = trie.order, trie.vocab_size
        self._table[query.SHORTER], self._table[query.PLAIN] = shorter, shorter and unseen == 0
        self._table[query.UNSEEN] = np.float64(unseen / LN10).view(np.int64)
        for k in range(1, trie.order + 1):
            of_order = self._table[query.STRIDE * k :]
            of_order[query.SIZE] = trie.size(k)
            of_order[query.WORDS] = self._address(trie.words[k - 1], np.int32)
            of_order[query.PROB : query.PROB + 2] = self._logs(log_prob[k - 1])
            if k < trie.order:
                of_order[query.FIRST] = self._address(trie.first[k - 1], np.int64)
                of_order[query.BACKOFF : query.BACKOFF + 2] = self._logs(log_backoff[k - 1])
        self.address: int = self._table.ctypes.data

    def _address(self, array: npt.NDArray[Any], dtype: npt.DTypeLike) -> int:
        """Where an array begins; 0 for none."""
        self._kept.append(np.ascontiguousarray(array, dtype=dtype))
        return self._kept[-1].ctypes.data

    def _logs(self, table: LogTable) -> tuple[int, int]:
        """Where a table's values begin, or its codes and their centres."""
        if not table.quantised:
            return self._address(table.values, np.float32), 0
        centres = np.zeros(256, dtype=np.float32)  # as many as there are codes
        centres[: len(table.centres)] = table.centres
        return self._address(table.values, np.uint8), self._address(centres, np.float32)

    def __reduce__(self) -> tuple[Any, ...]:
        """Addresses hold in one process only."""
        return _addresses, self._made_of


def _addresses(
    trie: NgramTrie,
    log_prob: Sequence[LogTable],
    log_backoff: Sequence[LogTable],
    shorter: bool,
    unseen: float,
) -> TableAddresses:
    return TableAddresses(trie, log_prob, log_backoff=log_backoff, shorter=shorter, unseen=unseen)
