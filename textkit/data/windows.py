"""Minibatches of windows over one long stream of ids: random and sequential sampling.

Both cut a stream of N ids into inputs and the targets one place further on. They are iterators over
one epoch that know where they are: `state_dict` taken after a batch and loaded into a new sampler
continues with the next one, in the middle of an epoch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.errors import InputError, UsageError

Ids = npt.NDArray[np.integer]


class Window(NamedTuple):
    """A minibatch: `targets` are `inputs` one place further on in the stream, both (B, T) int64.

    `continues` says that row r goes on where row r of the previous batch ended, so a recurrent state
    may be carried over.
    """

    inputs: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    continues: bool


class Windows(ABC):
    """What the two samplers share: where they stand, and an epoch's shift.

    `stream` (N,); `batch_size` is B; `length` is T, the steps of a window. Window borders move from
    epoch to epoch by a random shift below T, drawn from (seed, epoch). Raises InputError when the
    stream is too short for one batch.
    """

    epoch: int
    position: int

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

    @abstractmethod
    def _plan(self, shift: int, generator: np.random.Generator) -> None:
        """Decide what the batches of this epoch are; `generator` is seeded by seed and epoch."""

    @abstractmethod
    def _batch(self, index: int) -> Window:
        """Batch `index` of this epoch."""

    @abstractmethod
    def __len__(self) -> int:
        """Batches in this epoch."""

    def _seek(self, seed: int, *, epoch: int, position: int) -> None:
        self.seed, self.epoch, self.position = seed, epoch, position
        generator = np.random.default_rng([seed, epoch])
        self._plan(int(generator.integers(0, min(self.length, self._slack + 1))), generator)

    def __iter__(self) -> Iterator[Window]:
        """The rest of the epoch; afterwards the sampler stands at the start of the next one."""
        while self.position < len(self):
            self.position += 1  # before the yield: a state saved after this batch goes on with the next
            yield self._batch(self.position - 1)
        self._seek(self.seed, epoch=self.epoch + 1, position=0)

    def state_dict(self) -> dict[str, int]:
        """Where the sampler stands: plain numbers."""
        return {"seed": self.seed, "epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Continue where `state` was taken; stream, batch size and length must be the same."""
        self._seek(state["seed"], epoch=state["epoch"], position=state["position"])


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

    def _plan(self, shift: int, generator: np.random.Generator) -> None:
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

    >>> for window in SequentialWindows(np.arange(9), batch_size=2, length=2, seed=1):
    ...     print(window.inputs.tolist(), window.continues)
    [[0, 1], [4, 5]] False
    [[2, 3], [6, 7]] True
    """

    def _least(self) -> int:
        return self.batch_size

    def _plan(self, shift: int, generator: np.random.Generator) -> None:  # noqa: ARG002
        self._steps = (len(self.stream) - 1 - shift) // self.batch_size
        self._starts = shift + self._steps * np.arange(self.batch_size, dtype=np.int64)

    def __len__(self) -> int:
        return -(-self._steps // self.length)

    def _batch(self, index: int) -> Window:
        begin = index * self.length
        length = min(self.length, self._steps - begin)
        return _cut(self.stream, self._starts + begin, length, continues=index > 0)


def _cut(stream: Ids, starts: npt.NDArray[np.int64], length: int, *, continues: bool) -> Window:
    places = starts[:, None] + np.arange(length + 1)  # (B, T+1)
    window = np.asarray(stream[places], dtype=np.int64)
    return Window(window[:, :-1], window[:, 1:], continues)
