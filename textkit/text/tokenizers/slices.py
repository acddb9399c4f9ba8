"""Places of tokens that were found line by line, as the flat arrays of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from textkit.text.lines import Lines
from textkit.text.token_batch import TokenBatch


def slices(lines: Lines, spans: Iterable[Sequence[tuple[int, int]]]) -> TokenBatch:
    """The tokens of each line, given by where they start and end in it, in characters.

    >>> slices(Lines.of(["我 爱 you", ""]), [[(0, 1), (2, 3), (4, 7)], []]).lists()
    [['我', '爱', 'you'], []]
    """
    from textkit.text.kernels.spans import byte_places

    spans = list(spans)
    offsets = np.zeros(len(lines) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, spans), np.int64, len(lines)), out=offsets[1:])
    numbers = chain.from_iterable(chain.from_iterable(spans))
    places = np.fromiter(numbers, np.int32, 2 * int(offsets[-1])).reshape(-1, 2)
    starts, ends = np.empty(len(places), np.int32), np.empty(len(places), np.int32)
    byte_places(lines.buffer, lines.starts, offsets, places[:, 0].copy(), starts)
    byte_places(lines.buffer, lines.starts, offsets, places[:, 1].copy(), ends)
    return TokenBatch(lines.buffer, starts, ends, offsets, lines)
