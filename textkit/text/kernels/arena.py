"""The tokens of a table, whose bytes lie one after the other in an arena: some of them, or by part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.table import hash_token

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


@compiled
def gather_tokens(arena: Bytes, places: Longs, codes: Places, out: Bytes) -> None:
    """The bytes of the tokens of `codes`, one after the other."""
    size = 0
    for code in codes:
        for place in range(places[code], places[code + 1]):
            out[size] = arena[place]
            size += 1


@compiled
def part_tokens(
    arena: Bytes,
    places: Longs,
    size: int,
    shift: int,
    parts: Bytes,
    free: Longs,
    order: Places,
    bounds: Longs,
) -> None:
    """The codes below `size` in `order` by part, and where each of the P parts begins in `bounds` (P+1,).

    P is a power of two, 256 at most; the part is the bits of the hash above `shift`. `parts` (size,)
    and `free` (P+1,) are room to work in.
    """
    mask = np.uint64(bounds.size - 2)
    for code in range(size):
        part = (hash_token(arena, places[code], places[code + 1]) >> np.uint64(shift)) & mask
        parts[code] = part
        bounds[part + np.uint64(1)] += 1
    for part in range(1, bounds.size):
        bounds[part] += bounds[part - 1]
    for part in range(bounds.size):
        free[part] = bounds[part]
    for code in range(size):
        order[free[parts[code]]] = code
        free[parts[code]] += 1
