"""What every engine promises, and what a block must be able to do for a poisonous record to be found."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

from textkit.errors import TextkitError

Block = TypeVar("Block")
Result = TypeVar("Result")
ResultCo = TypeVar("ResultCo", covariant=True)

AHEAD = 3  # blocks in flight per worker: one worked on, the others so that no worker waits


class WorkerDied(TextkitError):  # noqa: N818 - an event: map_blocks mends it where it can
    """The process that worked on a block died: killed, out of memory, or a crash in a library."""


class Answer(Protocol[ResultCo]):
    """What becomes of a submitted block; `concurrent.futures.Future` is one."""

    def result(self) -> ResultCo:
        """Wait for the result. Raises what the work raised, or WorkerDied; may be called again."""
        ...

    def cancel(self) -> object:
        """Forget the block: it is not begun if it has not been begun yet."""
        ...


class Engine(Protocol):
    """A context manager: started on enter, ended on exit, leaving no process, thread or port behind.

    `ahead` is how many blocks it is worth having in flight, and so in memory, at once.
    """

    @property
    def ahead(self) -> int:
        """Blocks in flight at most."""
        ...

    def submit(self, work: Callable[[Block], Result], block: Block) -> Answer[Result]:
        """Have `work` done on `block`. An engine of processes sends the same `work` to each only once."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@runtime_checkable
class Divisible(Protocol):
    """A block of records that can be taken apart."""

    def __len__(self) -> int:
        """How many records it has."""
        ...

    def part(self, begin: int, end: int) -> Any:
        """The block of its records `begin` up to and without `end`, counted from 0; it may be empty."""
        ...

    def place(self, index: int) -> str:
        """Where record `index` stands, as messages put it: "file:line"."""
        ...
