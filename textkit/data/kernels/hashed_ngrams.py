"""N-grams by hash: a column for each without any table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Keys = npt.NDArray[np.uint64]
Columns = npt.NDArray[np.int32]

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio
_MIX = np.uint64(0xBF58476D1CE4E5B9)  # of splitmix64
_29, _32 = np.uint64(29), np.uint64(32)


@compiled
def hash_ngrams(symbols: Keys, seed: np.uint64, lowest: int, buckets: int, columns: Columns) -> None:
    """The column of each n-gram of `lowest` and more symbols that begins at each of T, (K, T); -1 for none.

    A symbol 0 ends a line; `symbols` has T and as many more as the longest n-gram has.
    """
    many = np.uint64(buckets)
    for t in range(columns.shape[1]):
        key, whole = seed, True
        for order in range(1, lowest + columns.shape[0]):
            symbol = symbols[t + order - 1]
            whole = whole and symbol != np.uint64(0)
            key = (key ^ symbol) * _ODD
            key ^= key >> _32
            if order >= lowest:
                column = ((key ^ key >> _29) * _MIX >> _32) * many >> _32
                columns[order - lowest, t] = np.int32(column) if whole else np.int32(-1)
