"""Engines: where work over blocks of input is done. Here, in threads, in processes, or on a Dask cluster.

>>> from textkit.engine import Threads
>>> with Threads(2) as engine:
...     list(map_blocks(len, ["a", "bc", ""], engine=engine))
[1, 2, 0]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from textkit.engine.engine import AHEAD, Answer, Divisible, Engine, WorkerDied
from textkit.engine.mapping import map_blocks
from textkit.engine.serial import Serial

if TYPE_CHECKING:
    from textkit.engine.dask import Dask
    from textkit.engine.processes import Processes
    from textkit.engine.threads import Threads

__all__ = [
    "AHEAD",
    "Answer",
    "Dask",
    "Divisible",
    "Engine",
    "Processes",
    "Serial",
    "Threads",
    "WorkerDied",
    "map_blocks",
]


def __getattr__(name: str) -> Any:
    """Engines of several workers load what starts them when they are asked for; most work needs none."""
    if name in ("Dask", "Processes", "Threads"):
        return getattr(importlib.import_module(f"textkit.engine.{name.lower()}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
