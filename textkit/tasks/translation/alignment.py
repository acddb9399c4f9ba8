"""Which source token each token of a translation stands for, read off the attention."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Link(NamedTuple):
    """Token `target` of the translation looked most at token `source`, both from 0."""

    source: int
    target: int


def align(attention: npt.NDArray[Any]) -> tuple[Link, ...]:
    """For each of T target tokens the source token with the greatest weight in `attention` (T, S).

    The last of the S steps is the end of the sentence, which many a head looks at when it has nothing to
    do; it is not aligned. Of equal weights the first counts. Attention is not made to align words: what
    comes out is a hint, better from recurrent networks than from Transformers.

    >>> align(np.array([[0.2, 0.7, 0.1], [0.3, 0.1, 0.6]]))
    (Link(source=1, target=0), Link(source=0, target=1))
    """
    weights = np.asarray(attention)[:, :-1]
    if not weights.size:
        return ()
    return tuple(Link(int(source), target) for target, source in enumerate(weights.argmax(axis=1)))


def pharaoh(links: Iterable[Link]) -> str:
    """Links as text, source-target.

    >>> pharaoh([Link(1, 0), Link(0, 1)])
    '1-0 0-1'
    """
    return " ".join(f"{link.source}-{link.target}" for link in links)
