"""Timing peers and textkit in turns, so that a busy moment of the machine hits all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def in_turns(works: Mapping[str, Callable[[], object]], *, repeat: int) -> dict[str, float]:
    """The median seconds of each work, all done once in each of `repeat` rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeat):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}
