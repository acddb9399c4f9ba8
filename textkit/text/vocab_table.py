"""The table by which compiled code finds the ids of tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from textkit.text.token_batch import TokenBatch
from textkit.text.token_table import TokenTable

VocabTable: TypeAlias = tuple[TokenTable, npt.NDArray[np.int32]]

_SURROGATE = re.compile("[\ud800-\udfff]")


def make_table(ids: Mapping[str, int], *, unknown: int) -> VocabTable:
    """Tokens by code and the id of each code; the last id, `unknown`, is that of all other tokens.

    >>> table, ids = make_table({"a": 3, "b": 5}, unknown=0)
    >>> table.find(TokenBatch.of([["b", "c", "a"]]), numbers=ids).tolist()
    [5, 0, 3]
    """
    # A file may name half a character, which no text holds and no buffer can.
    known = {token: i for token, i in ids.items() if not _SURROGATE.search(token)}
    table = TokenTable()
    table.add(TokenBatch.of([list(known)]))
    return table, np.array([*known.values(), unknown], np.int32)
