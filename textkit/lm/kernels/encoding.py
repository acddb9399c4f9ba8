"""Lines of one numbering written in another, each with its end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled

Ids = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


@compiled
def encode_lines(
    codes: Ids, offsets: Longs, ids: Ids, end: int, first: int, last: int, out: Ids, out_offsets: Longs
) -> None:
    """Lines `first` to `last`-1: `ids[code]` for each code, then `end`.

    Line l is `codes[offsets[l]:offsets[l+1]]`; in `out` (N + L,) it begins at `offsets[l]` + l, and
    `out_offsets` (L+1,) receives where it ends.
    """
    for line in range(first, last):
        place = np.uint64(offsets[line] + line)
        for token in range(np.uint64(offsets[line]), np.uint64(offsets[line + 1])):
            out[place] = ids[np.uint64(codes[token])]
            place += np.uint64(1)
        out[place] = end
        out_offsets[line + 1] = place + np.uint64(1)
