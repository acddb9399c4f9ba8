"""Leave-one-out: what a text's scores lose with each of its parts. A classifier need only give scores.

Li, Monroe and Jurafsky 2016, arXiv:1612.08220. B texts, K classes, N parts of one text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Part = TypeVar("Part")
Text = TypeVar("Text")
AT_ONCE = 4096  # texts that are scored at once


def scored(scores: Callable[[list[Text]], Floats], texts: Iterable[Text]) -> Floats:
    """`scores` of all `texts` (B, K), some thousands at a time; (0, 0) of none."""
    rest, found = iter(texts), []
    while block := list(islice(rest, AT_ONCE)):
        found.append(scores(block))
    return np.concatenate(found) if found else np.zeros((0, 0))


def leave_one_out(
    scores: Callable[[list[list[Part]]], Floats],
    texts: Sequence[Sequence[Part]],
    *,
    places: Sequence[Sequence[int]] | None = None,
) -> list[Floats]:
    """For each text (N, K): its scores less its scores without part n.

    `scores` takes texts as lists of parts (words, ids, characters) and gives (B, K). With `places` only
    those parts are left out, in that order.

    >>> count = lambda texts: np.array([[float(text.count("a"))] for text in texts])
    >>> leave_one_out(count, ["aba"])[0].ravel().tolist()
    [1.0, 0.0, 1.0]
    """
    places = [range(len(text)) for text in texts] if places is None else places

    def variants() -> Iterator[list[Part]]:
        for text, chosen in zip(texts, places, strict=True):
            yield list(text)
            for place in chosen:
                yield [*text[:place], *text[place + 1 :]]

    rows = scored(scores, variants())
    drops, first = [], 0
    for chosen in places:
        last = first + 1 + len(chosen)
        drops.append(rows[first] - rows[first + 1 : last])
        first = last
    return drops
