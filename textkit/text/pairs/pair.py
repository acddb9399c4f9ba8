"""A text beside its translation, and what may be asked of the two."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

Test = Callable[[str, str], bool]


class Pair(NamedTuple):
    """A sentence and its translation."""

    source: str
    target: str


class PairFilter(Protocol):
    """What makes a pair unfit for training. A filter is a frozen dataclass: its repr is its recipe."""

    @property
    def reason(self) -> str:
        """Why a pair is left out, as reports say it."""
        ...

    def test(self) -> Test:
        """A function of a source and its target that says whether to leave the pair out.

        It may remember the pairs that it has seen, so each pass over a corpus asks for a new one.
        """
        ...
