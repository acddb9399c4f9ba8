"""Work over blocks on any engine: order kept, memory bounded, dead workers replaced."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from textkit.engine.engine import Answer, Engine, WorkerDied
from textkit.engine.poison import OnPoison, Quarantine

Block = TypeVar("Block")
Result = TypeVar("Result")


def map_blocks(
    work: Callable[[Block], Result],
    blocks: Iterable[Block],
    *,
    engine: Engine,
    on_poison: OnPoison[Block] | None = None,
) -> Iterator[Result]:
    """`work` applied to each block, results in the order of the blocks; `engine` has been entered.

    At most `engine.ahead` blocks are in memory. Whatever `work` raises is raised here. A block whose
    worker died is run again, alone; one that kills its worker then too is searched for the guilty
    records, when it is `Divisible`. `on_poison(block, indices)` gets the block and their indices and
    returns the block to run in its place; without it they are an error.

    Raises TextkitError naming the guilty record, or saying that workers die whatever they are given.

    >>> from textkit.engine import Serial
    >>> with Serial() as engine:
    ...     list(map_blocks(str.upper, ["a", "b"], engine=engine))
    ['A', 'B']
    """
    quarantine = Quarantine(work, engine, on_poison=on_poison)
    flights: deque[tuple[Block, Answer[Result]]] = deque()
    try:
        for block in blocks:
            flights.append((block, engine.submit(work, block)))
            if len(flights) >= engine.ahead:
                yield _land(flights, quarantine)
        while flights:
            yield _land(flights, quarantine)
    finally:
        for _, answer in flights:
            answer.cancel()


def _land(flights: deque[tuple[Block, Answer[Result]]], quarantine: Quarantine[Block, Result]) -> Result:
    """The result of the first block in flight, which then is no longer."""
    block, answer = flights[0]
    try:
        result = answer.result()
    except WorkerDied:
        for _, other in flights:  # alone means alone: let the others finish; their answers keep
            with contextlib.suppress(Exception):
                other.result()
        result = quarantine.run(block)
    flights.popleft()
    return result
