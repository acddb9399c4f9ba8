"""What chooses the best weights where the loss does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A figure by `name` that is measured `of` the validation data at each validation; higher is better.

    >>> Goal("bleu", lambda: 31.2).of()
    31.2
    """

    name: str
    of: Callable[[], float]
