"""What commands cost, start to end: wall time and peak memory, each in a process of its own.

Run as a script, `python -IS processes.py COMMAND...`, it starts the command and prints its cost as JSON. This
detour is there because Linux counts into a process's peak what its parent held when it was started, and
a benchmark that has loaded numpy or nltk holds much.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_SAMPLE_SECONDS = 0.05


class Cost(NamedTuple):
    """Wall seconds, and the most bytes that a command and all it started held at once."""

    seconds: float
    peak: float


Command = Sequence[str | Path]


def cost_of(*commands: Command) -> Cost:
    """Run commands one after the other: the sum of their times, the largest of their peaks."""
    costs = []
    for command in commands:
        launcher = [sys.executable, "-IS", __file__, *map(str, command)]
        done = subprocess.run(launcher, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
        costs.append(Cost(*json.loads(done.stdout)))
    return Cost(sum(cost.seconds for cost in costs), max(cost.peak for cost in costs))


def costs_in_turns(works: Mapping[str, Callable[[], Cost]], *, repeat: int) -> dict[str, Cost]:
    """The median time and peak of each work, all done once in each of `repeat` rounds."""
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(repeat):
        for name, work in works.items():
            costs[name].append(work())
    return {name: Cost(*map(statistics.median, zip(*each, strict=True))) for name, each in costs.items()}


def _held_by(process: int) -> int:
    """The bytes of memory that a process and its descendants hold now; shared pages count each time."""
    try:
        held = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        children = [path.read_text().split() for path in Path(f"/proc/{process}/task").glob("*/children")]
    except (OSError, IndexError):  # it is gone, or this is not Linux
        return 0
    return held + sum(_held_by(int(child)) for each in children for child in each)


def _launch(command: list[str]) -> int:
    """Run a command, print its cost as JSON, and give its exit status."""
    ended, most = threading.Event(), 0

    def sample() -> None:
        nonlocal most
        while not ended.wait(_SAMPLE_SECONDS):
            most = max(most, _held_by(process))

    began = time.perf_counter()
    out = os.open(os.devnull, os.O_WRONLY)
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1)])
    sampler = threading.Thread(target=sample)
    sampler.start()
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - began
    ended.set()
    sampler.join()
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    print(json.dumps([seconds, max(most, usage.ru_maxrss * unit)]))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(abs(_launch(sys.argv[1:])))
