"""How long a training took, in a file of its own: `times.json`.

A training state holds what decides the result, and is the same, byte for byte, whenever it is made again.
Times are not; they are told, and count where a later sitting has a `--budget`. Where they are lost or
unreadable nothing else is.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from textkit import atomic

TIMES = "times.json"
NAMES = ("seconds", "validation_seconds", "logged_seconds")


def without_times(progress: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a `Progress` with no time in them.

    >>> without_times({"step": 3, "seconds": 2.5})
    {'step': 3, 'seconds': 0.0}
    """
    return {name: 0.0 if name in NAMES else value for name, value in progress.items()}


def write_times(folder: Path, progress: dict[str, Any]) -> None:
    """Keep the times among the numbers of a `Progress`."""
    times = {name: progress[name] for name in NAMES}
    atomic.write_bytes(folder / TIMES, f"{json.dumps(times)}\n".encode(), durable=False)


def read_times(folder: Path) -> dict[str, float]:
    """What was kept; nothing where nothing was, or what is there are no times."""
    try:
        found = json.loads((folder / TIMES).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.keys() != set(NAMES) or not all(map(_is_time, found.values())):
        return {}
    return {name: float(found[name]) for name in NAMES}


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and 0 <= value < 1e12
