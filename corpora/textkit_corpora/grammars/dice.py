"""Chance that comes out the same on every machine and every Python."""

from __future__ import annotations

import functools
import itertools
import random
from bisect import bisect
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


@functools.cache
def _zipf_steps(size: int) -> tuple[float, ...]:
    return tuple(itertools.accumulate(1 / (rank + 3) for rank in range(size)))


class Dice:
    """Draws made from `random.Random.random()` alone.

    That method is the only one whose sequence Python promises never to change for a given seed; `choice`,
    `shuffle` and the others may be rewritten, and then a rebuilt corpus would no longer be the same.

    >>> dice = Dice("doctest")
    >>> sorted(dice.shuffled([3, 1, 2]))
    [1, 2, 3]
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def below(self, size: int) -> int:
        """A whole number from 0 to `size` - 1."""
        return int(self._random.random() * size)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self._random.random() < probability

    def normal(self) -> float:
        """About a standard normal number: twelve uniform ones added up, less 6 (Irwin-Hall)."""
        return sum(self._random.random() for _ in range(12)) - 6

    def pick(self, items: Sequence[T]) -> T:
        """One item, all alike."""
        return items[self.below(len(items))]

    def zipf(self, items: Sequence[T]) -> T:
        """One item, the earlier the likelier: weight 1 / (rank + 3), rank from 0 (Zipf-Mandelbrot)."""
        steps = _zipf_steps(len(items))
        return items[min(bisect(steps, self._random.random() * steps[-1]), len(items) - 1)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A new list in random order (Fisher-Yates)."""
        out = list(items)
        for last in range(len(out) - 1, 0, -1):
            other = self.below(last + 1)
            out[last], out[other] = out[other], out[last]
        return out


class Deck(Generic[T]):
    """Items dealt one after another from a shuffled pile; an empty pile is shuffled anew.

    Templates are drawn so: each is used about as often as the next, and none twice in a row by bad luck.
    """

    def __init__(self, items: Sequence[T]) -> None:
        self._items = tuple(items)
        self._pile: list[T] = []

    def deal(self, dice: Dice) -> T:
        """The next item."""
        if not self._pile:
            self._pile = dice.shuffled(self._items)
        return self._pile.pop()
