"""Engines: where work over blocks of input is done. Here, in threads, in processes, or on a Dask cluster.

>>> with Threads(2) as engine:
...     list(map_blocks(len, ["a", "bc", ""], engine=engine))
[1, 2, 0]
"""

from textkit.engine.dask import Dask
from textkit.engine.engine import AHEAD, Answer, Divisible, Engine, WorkerDied
from textkit.engine.mapping import map_blocks
from textkit.engine.processes import Processes
from textkit.engine.serial import Serial
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
