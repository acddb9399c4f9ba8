"""From numbers to places along an axis, and the round numbers that are written there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_FEWEST = 2  # ticks of a logarithmic axis; below, round numbers stand closer
_LEAST, _MOST = 1e-30, 1e30  # what is drawn: beyond, differences would be no numbers


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, in equal steps or with `log` in equal factors."""

    low: float
    high: float
    log: bool = False

    @staticmethod
    def of(values: Sequence[float], *, log: bool = False, zero: bool = False) -> Axis:
        """One that has room for all `values`, which are finite, and with `zero` begins there."""
        least = _LEAST if log else -_MOST
        low = min(max(min(values, default=0.0), least), _MOST)
        high = min(max(max(values, default=1.0), least), _MOST)
        if log:
            return Axis(low * 0.95, high * 1.05, log=True)
        low = min(low, 0.0) if zero else low
        room = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
        return Axis(low if zero else low - room, high + room)

    def place(self, value: float) -> float:
        """Where a value stands, 0 at the beginning and 1 at the end.

        >>> Axis(1, 100, log=True).place(10), Axis(0, 4).place(1)
        (0.5, 0.25)
        """
        if self.log:
            value = min(max(value, _LEAST), _MOST)
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (min(max(value, -_MOST), _MOST) - self.low) / (self.high - self.low)

    def ticks(self, count: int = 5) -> list[float]:
        """About `count` round numbers within.

        >>> Axis(0, 10).ticks(), Axis(0.9, 2000, log=True).ticks(4)
        ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [1.0, 10.0, 100.0, 1000.0])
        """
        if self.log:
            for factors in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0)):
                found = self._round(factors)
                if len(found) > count:
                    return found[:: math.ceil(len(found) / count)]
                if len(found) > max(_FEWEST, count - 2):
                    return found
            if len(found) >= _FEWEST:
                return found
        step = _step((self.high - self.low) / count)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def _round(self, factors: Sequence[float]) -> list[float]:
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        found = (factor * 10.0**power for power in powers for factor in factors)
        return [value for value in found if self.low <= value <= self.high]


def _step(rough: float) -> float:
    """The round number that is nearest above: 1, 2 or 5 and zeros."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))


def written(value: float) -> str:
    """A round number as short as it goes.

    >>> written(0.30000000000000004), written(20000.0), written(1e-06), written(2e9)
    ('0.3', '20,000', '1e-06', '2e+09')
    """
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 and value == round(value) else f"{value:.4g}"
