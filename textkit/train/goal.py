"""What chooses the best weights where the loss does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A figure by `name` that is measured `of` the validation data at each validation; higher is better.

    Of figures that are the same to so many `digits` after the point the one with the lower loss is better:
    what is less is chance, and 0.03 BLEU say nothing where nothing is translated yet.

    >>> Goal("bleu", lambda: 31.2).of()
    31.2
    """

    name: str
    of: Callable[[], float]
    digits: int = 1
