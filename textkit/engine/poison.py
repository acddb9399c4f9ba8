"""Blocks that kill their workers: run alone, and taken apart until the guilty records are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, cast

from textkit.engine.engine import Divisible, Engine, WorkerDied
from textkit.errors import TextkitError

Block = TypeVar("Block")
Result = TypeVar("Result")

OnPoison = Callable[[Block, list[int]], Block]

TRIES = 2  # a block may die once alone, by accident
DEATHS = 32  # in a row: bisection of a million records needs 22; more means that every worker dies

_CAUSE = "out of memory or a crash in a library"


class _Hopeless(TextkitError):  # noqa: N818 - as WorkerDied
    """Workers die whatever they are given."""


class Quarantine(Generic[Block, Result]):
    """Runs blocks whose workers died, one at a time, while nothing else is in flight."""

    def __init__(
        self, work: Callable[[Block], Result], engine: Engine, *, on_poison: OnPoison[Block] | None
    ) -> None:
        self._work = work
        self._engine = engine
        self._on_poison = on_poison
        self._row = 0  # deaths since a worker last finished something

    def run(self, block: Block) -> Result:
        """The result of `block`, run again after its worker died.

        Raises what the work raises, and TextkitError when the block kills its worker time and again
        and `on_poison` is not there to mend it.
        """
        for _ in range(TRIES):
            try:
                return self._attempt(block)
            except WorkerDied as error:
                death = error
        if not isinstance(block, Divisible):
            raise TextkitError(f"{death} whenever it ran one block ({_CAUSE}); try fewer jobs") from death
        guilty = self._search(block)
        if not guilty:  # its halves pass: only the whole is too much, or something else was in the way
            return self._last(block, _span(block))
        if self._on_poison is None:
            raise TextkitError(_accusation(block, guilty)) from death
        mended = self._on_poison(cast(Block, block), guilty)
        return self._last(mended, f"{_span(block)}, less {len(guilty)} guilty")

    def _attempt(self, block: Block) -> Result:
        try:
            result = self._engine.submit(self._work, block).result()
        except WorkerDied as error:
            self._row += 1
            if self._row >= DEATHS:
                raise _Hopeless(f"{error}, {DEATHS} times in a row ({_CAUSE}); try fewer jobs") from error
            raise
        self._row = 0
        return result

    def _last(self, block: Block, place: str) -> Result:
        try:
            return self._attempt(block)
        except WorkerDied as error:
            raise TextkitError(
                f"{place}: together kill the worker process that works on them ({_CAUSE}); try fewer jobs"
            ) from error

    def _search(self, block: Divisible) -> list[int]:
        if len(block) == 0 or self._kills(block.part(0, 0)):
            raise _Hopeless(
                f"every worker process dies, even with no record to work on ({_CAUSE}); try fewer jobs"
            )
        return self._guilty(block, 0, len(block))

    def _guilty(self, block: Divisible, begin: int, end: int) -> list[int]:
        """The records of `begin:end`, a part that killed its worker, that do so one by one."""
        if end - begin == 1:  # once more: blame nobody for an accident
            return [begin] if self._kills(block.part(begin, end)) else []
        middle = (begin + end) // 2
        return [
            index
            for part in ((begin, middle), (middle, end))
            if self._kills(block.part(*part))
            for index in self._guilty(block, *part)
        ]

    def _kills(self, block: Block) -> bool:
        try:
            self._attempt(block)
        except WorkerDied:
            return True
        except _Hopeless:
            raise
        except Exception:  # what a record of it raises is raised when the whole block is run
            return False
        return False


def _span(block: Divisible) -> str:
    first, last = block.place(0), block.place(len(block) - 1)
    return first if len(block) == 1 else f"{first} to {last}"


def _accusation(block: Divisible, guilty: list[int]) -> str:
    more = f" (and {len(guilty) - 1} more of its block)" if len(guilty) > 1 else ""
    return (
        f"{block.place(guilty[0])}{more}: kills the worker process that works on it ({_CAUSE}); "
        "leave the record out or pass --on-error skip"
    )
