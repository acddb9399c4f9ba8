"""Where the work of a command is done: here, in threads, in processes, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

from textkit.engine import Engine, Serial, map_blocks
from textkit.errors import UsageError
from textkit_cli.options import choose
from textkit_corpora.blocks import Block

ENGINES = ("local", "dask")

Result = TypeVar("Result")


def make_engine(name: str, *, jobs: int, scheduler: str | None, unlocked: bool) -> Engine:
    """The engine that --engine, --jobs and --scheduler ask for; threads where the work is `unlocked`.

    Raises UsageError for options that contradict each other.
    """
    choose("engine", name, ENGINES)
    if name == "local" and scheduler is None and jobs == 1:
        return Serial()
    from textkit.engine import Dask, Processes, Threads

    if name == "dask":
        return Dask(jobs, scheduler)
    if scheduler is not None:
        raise UsageError("--scheduler needs --engine dask")
    return Threads(jobs) if unlocked else Processes(jobs)


def run_blocks(
    work: Callable[[Block], Result], blocks: Iterable[Block], *, engine: Engine, skip: bool
) -> Iterator[Result]:
    """`map_blocks`, where `skip` empties the records that kill the worker process."""
    reason = "killed the worker process that tokenized it; it counts as empty"
    blank = (lambda block, indices: block.blank(indices, reason)) if skip else None
    return map_blocks(work, blocks, engine=engine, on_poison=blank)


def by_and_by(
    small: Callable[[Block], Result],
    large: Callable[[], Callable[[Block], Result]],
    blocks: Iterator[Block],
    *,
    enough: int,
) -> Iterator[Result]:
    """`small` done on the first blocks, here, and what `large` gives on those after `enough` characters.

    For input of unknown length: compiled code costs seconds to load, which little text never repays.
    """
    seen = 0
    while seen < enough and (block := next(blocks, None)) is not None:
        seen += len(block.text) if isinstance(block.text, bytes) else sum(map(len, block.text))
        yield small(block)
    if (block := next(blocks, None)) is not None:
        yield from map(large(), chain([block], blocks))
