"""Minibatches of windows over one long stream of ids: random and sequential sampling.

Both cut a stream of N ids into inputs and the targets one place further on. They are iterators over
one epoch that know where they are: `state_dict` taken after a batch and loaded into a new sampler
continues with the next one, in the middle of an epoch. `shard` gives each of several processes its rows
of the same minibatches.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError, UsageError

Ids = npt.NDArray[np.integer]

PADDING = -1  # as a target: nothing is to be predicted here


class Window(NamedTuple):
    """A minibatch: `targets` are `inputs` one place further on in the stream, both (B, T) int64.

    `continues` says that row r goes on where row r of the previous batch ended, so a recurrent state
    may be carried over. `first` is the number of its first row in the whole minibatch, of which this
    may be a part. `scale` multiplies the learning rate of this batch. A target of PADDING is not to be
    predicted.
    """

    inputs: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    continues: bool
    first: int = 0
    scale: float = 1.0

    @property
    def predictions(self) -> int:
        """How many targets are to be predicted."""
        return int(np.count_nonzero(self.targets != PADDING))

    def split(self, parts: int, /) -> list[Window]:
        """The same rows in `parts` windows of nearly equal size; fewer when there are fewer rows.

        >>> window = Window(np.arange(6).reshape(3, 2), np.arange(6).reshape(3, 2) + 1, False)
        >>> [(part.first, part.inputs.tolist()) for part in window.split(2)]
        [(0, [[0, 1]]), (1, [[2, 3], [4, 5]])]
        """
        parts = min(parts, len(self.inputs))
        return [self.part(index, parts) for index in range(parts)] if parts > 1 else [self]

    def part(self, index: int, parts: int, /) -> Window:
        """Part `index` of `parts`. Where rows are too few for that: a row with nothing to predict."""
        begin, end = (len(self.inputs) * k // parts for k in (index, index + 1))
        if begin == end:
            nothing = np.full_like(self.targets[:1], PADDING)
            return self._replace(inputs=self.inputs[:1], targets=nothing, first=self.first + begin)
        return self._replace(
            inputs=self.inputs[begin:end], targets=self.targets[begin:end], first=self.first + begin
        )


class Rows(Protocol):
    """A minibatch, or a part of one."""

    def part(self, index: int, parts: int, /) -> Self:
        """Part `index` of `parts`; where rows are too few for that, a row with nothing to predict."""
        ...


R = TypeVar("R", bound=Rows)


class Sampler(ABC, Generic[R]):
    """What all samplers share: where they stand, epochs drawn from (seed, epoch), and their shards."""

    seed: int
    epoch: int
    position: int
    _rank, _world = 0, 1

    @abstractmethod
    def _plan(self, generator: np.random.Generator) -> None:
        """Decide what the batches of this epoch are; `generator` is seeded by seed and epoch."""

    @abstractmethod
    def _batch(self, index: int) -> R:
        """Batch `index` of this epoch, all rows."""

    @abstractmethod
    def __len__(self) -> int:
        """Batches in this epoch."""

    def _seek(self, seed: int, *, epoch: int, position: int) -> None:
        self.seed, self.epoch, self.position = seed, epoch, position
        self._plan(np.random.default_rng([seed, epoch]))

    def __iter__(self) -> Iterator[R]:
        """The rest of the epoch; afterwards the sampler stands at the start of the next one."""
        while self.position < len(self):
            self.position += 1  # before the yield: a state saved after this batch goes on with the next
            batch = self._batch(self.position - 1)
            yield batch if self._world == 1 else batch.part(self._rank, self._world)
        self._seek(self.seed, epoch=self.epoch + 1, position=0)

    def shard(self, rank: int, world: int) -> None:
        """From now on give only the rows of process `rank` of `world`; the minibatches stay the same.

        A minibatch with fewer rows than there are processes (the last one of an epoch) gives those
        that go without a row with nothing to predict.
        """
        if not 0 <= rank < world:
            raise UsageError(f"rank must be 0 to {world - 1} in a world of {world}, not {rank}")
        self._rank, self._world = rank, world

    def steps(self, epochs: int, most: int | None = None) -> int:
        """Batches in the first `epochs` epochs together, or `most` where there are more.

        To know how many an epoch has takes its plan: no more are made than `most` asks for.
        """
        other, total = copy.copy(self), 0
        for epoch in range(epochs):
            other._seek(self.seed, epoch=epoch, position=0)
            total += len(other)
            if most is not None and total >= most:
                return most
        return total

    def state_dict(self) -> dict[str, int]:
        """Where the sampler stands: plain numbers."""
        return {"seed": self.seed, "epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Continue where `state` was taken; the text and every other setting must be the same."""
        self._seek(state["seed"], epoch=state["epoch"], position=state["position"])


class Windows(Sampler[Window]):
    """What the two samplers of windows share: a stream, and an epoch's shift.

    `stream` (N,); `batch_size` is B; `length` is T, the steps of a window. Window borders move from
    epoch to epoch by a random shift below T, drawn from (seed, epoch). Raises InputError when the
    stream is too short for one batch.
    """

    stream: Ids
    batch_size: int
    length: int

    def __init__(self, stream: Ids, *, batch_size: int, length: int, seed: int = 0) -> None:
        if batch_size < 1 or length < 1:
            raise UsageError(f"batch size and length must be at least 1, not {batch_size} and {length}")
        self.stream, self.batch_size, self.length = stream, batch_size, length
        self._slack = len(stream) - 1 - self._least()
        if self._slack < 0:
            raise InputError(
                f"the text is too short: {len(stream) - 1} tokens where a batch needs {self._least()}"
            )
        self._seek(seed, epoch=0, position=0)

    @abstractmethod
    def _least(self) -> int:
        """Targets needed for one batch."""

    def _shift(self, generator: np.random.Generator) -> int:
        return int(generator.integers(0, min(self.length, self._slack + 1)))


class RandomWindows(Windows):
    """Random sampling: windows of T steps in random order, each once an epoch.

    Neighbouring batches need not be adjacent in the text, so a recurrent state starts anew with each.
    The last batch of an epoch may have fewer than B rows; up to T-1 tokens before the shift and
    after the last whole window wait for another epoch.

    >>> windows = RandomWindows(np.arange(7), batch_size=2, length=2, seed=0)
    >>> sorted(row.tolist() for window in windows for row in window.inputs)
    [[1, 2], [3, 4]]
    """

    def _least(self) -> int:
        return self.length

    def _plan(self, generator: np.random.Generator) -> None:
        shift = self._shift(generator)
        count = (len(self.stream) - 1 - shift) // self.length
        self._starts = generator.permutation(shift + self.length * np.arange(count, dtype=np.int64))

    def __len__(self) -> int:
        return -(-len(self._starts) // self.batch_size)

    def _batch(self, index: int) -> Window:
        starts = self._starts[index * self.batch_size : (index + 1) * self.batch_size]
        return _cut(self.stream, starts, self.length, continues=False)


class SequentialWindows(Windows):
    """Sequential sampling: row r of batch i+1 goes on exactly where row r of batch i ended.

    The stream is laid out in B rows of equal length, read side by side; fewer than B tokens at the
    end, and the shift at the start, wait for another epoch. The last window may be shorter than T.

    With `vary` the length changes from batch to batch (Merity et al. 2018, arXiv:1708.02182, section
    4.1): it is drawn around T (p = 0.95) or T/2, with a deviation of 5, and is at least 5. A batch then
    has the `scale` length / T, since its summed gradient is that of so many steps.

    >>> for window in SequentialWindows(np.arange(9), batch_size=2, length=2, seed=1):
    ...     print(window.inputs.tolist(), window.continues)
    [[0, 1], [4, 5]] False
    [[2, 3], [6, 7]] True
    """

    vary: bool

    def __init__(
        self, stream: Ids, *, batch_size: int, length: int, seed: int = 0, vary: bool = False
    ) -> None:
        self.vary = vary
        super().__init__(stream, batch_size=batch_size, length=length, seed=seed)

    def _least(self) -> int:
        return self.batch_size

    def _plan(self, generator: np.random.Generator) -> None:
        shift = self._shift(generator)
        steps = (len(self.stream) - 1 - shift) // self.batch_size
        self._starts = shift + steps * np.arange(self.batch_size, dtype=np.int64)
        inner = self._varied(steps, generator) if self.vary else np.arange(self.length, steps, self.length)
        self._borders = np.concatenate([[0], inner[inner < steps], [steps]])  # (batches + 1,)

    def _varied(self, steps: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
        """Ends of windows of varied length, the last at `steps` or beyond."""
        count = steps // 5 + 1  # enough even if all are as short as can be
        centres = np.where(generator.random(count) < 0.95, self.length, self.length / 2)
        return np.cumsum(np.maximum(5, generator.normal(centres, 5).astype(np.int64)))

    def __len__(self) -> int:
        return len(self._borders) - 1

    def _batch(self, index: int) -> Window:
        begin, end = (int(border) for border in self._borders[index : index + 2])
        window = _cut(self.stream, self._starts + begin, end - begin, continues=index > 0)
        return window._replace(scale=(end - begin) / self.length) if self.vary else window


def _cut(stream: Ids, starts: npt.NDArray[np.int64], length: int, *, continues: bool) -> Window:
    places = starts[:, None] + np.arange(length + 1)  # (B, T+1)
    window = np.asarray(stream[places], dtype=np.int64)
    return Window(window[:, :-1], window[:, 1:], continues)
