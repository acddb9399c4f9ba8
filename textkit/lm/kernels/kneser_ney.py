"""The sums and probabilities of modified Kneser-Ney smoothing, order by order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.text.kernels.compiled import compiled
from textkit.text.kernels.prefetch import prefetch

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[Any]

_AHEAD = 32  # rows: how early another table is asked for theirs


@compiled
def count_extensions(links: Counts, begin: int, end: int, adjusted: Counts) -> None:
    """Add 1 for each n-gram, `begin` to `end` - 1, to the n-gram it extends to the left."""
    for row in range(begin, end):
        prefetch(adjusted, links[min(row + _AHEAD, end - 1)])
        adjusted[links[row]] += 1


@compiled
def tally(counts: Counts, found: Longs) -> None:
    """Add to `found[c]`, for each c below its length, how many n-grams were counted c times."""
    for count in counts:
        if count < found.size:
            found[count] += 1


@compiled
def smooth(
    first: Longs, adjusted: Counts, pruned: Bytes, discounts: Doubles, links: Counts, lower: Floats,
    begin: int, end: int, prob: Floats, weights: Floats,
) -> None:  # fmt: skip
    """Probabilities of the continuations of histories `begin` to `end` - 1, and the histories' weights.

    `adjusted`, `links` (rows of the n-grams less their first word) and `prob` are of the continuations;
    `pruned`, if not empty, marks those that are left out, whose counts go to the weight; `lower` are the
    probabilities one order below.
    """
    for history in range(begin, end):
        total, cut = 0, 0
        one, two, more = 0, 0, 0
        for row in range(first[history], first[history + 1]):
            count = adjusted[row]
            total += count
            if pruned.size and pruned[row]:
                cut += count
            elif count == 1:
                one += 1
            elif count == 2:
                two += 1
            elif count > 2:
                more += 1
        weight = 1.0
        if total > 0:
            weight = (discounts[1] * one + discounts[2] * two + discounts[3] * more + cut) / total
        weights[history] = weight
        total = max(total, 1)  # counts that were given may say that nothing stands before a continuation
        for row in range(first[history], first[history + 1]):
            prefetch(lower, links[min(row + _AHEAD, links.size - 1)])
            count = adjusted[row]
            prob[row] = (count - discounts[min(count, 3)]) / total + weight * lower[links[row]]
