"""Text drawn from an n-gram model word by word, without its distributions over the whole vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from textkit.errors import InputError, UsageError
from textkit.lm.ngram.addresses import TableAddresses
from textkit.lm.threads import each
from textkit.lm.trie import LONGEST

if TYPE_CHECKING:
    from textkit.lm.ngram.model import NgramModel

_UNKNOWN_ID, _END_ID = 0, 1
_TOGETHER = 64  # rows that a thread draws at once


class NgramSampler:
    """Draws from the distributions of a model at one `temperature`; unknown words never come.

    Takes 8 bytes an n-gram. Raises UsageError unless the temperature is above zero and finite.
    """

    def __init__(self, model: NgramModel, *, temperature: float = 1.0) -> None:
        from textkit.lm.kernels.sampling import accumulate

        if not 0 < temperature < float("inf"):
            raise UsageError(f"the temperature of draws must be above 0 and finite, not {temperature}")
        if model.order > LONGEST:
            raise UsageError(f"states hold n-grams of up to {LONGEST} words, not {model.order}")
        self._addresses: TableAddresses = model.addresses
        self._vocab_size = len(model.vocab)
        self._scale = 1 / temperature
        self._masses = [np.empty(model.trie.size(k)) for k in range(1, model.order + 1)]
        for order, masses in enumerate(self._masses, 1):
            accumulate(self._addresses.address, order, self._scale, masses)

    def sample(
        self,
        prompt: Sequence[int],
        *,
        length: int,
        rows: int,
        generator: np.random.Generator,
        stop: int | None = None,
        jobs: int = 1,
    ) -> list[list[int]]:
        """Draw `rows` continuations of `prompt` (ids), up to `length` ids each, without the prompt.

        `</s>` (1) in the prompt begins a sentence. With `stop`, which can only be `</s>`, a row ends before
        it. Each row has its own numbers, seeded by `generator`. Raises InputError when no word has any
        probability after what was drawn.
        """
        from textkit.lm.kernels import sampling

        if stop not in (None, _END_ID):
            raise UsageError(f"draws can only end at </s>, id {_END_ID}, not at {stop}")
        states = np.tile(self._read(prompt), (rows, 1))
        seeds = generator.integers(0, 2**64, size=rows, dtype=np.uint64)
        ids, counts = np.empty((rows, length), dtype=np.int32), np.zeros(rows, dtype=np.int64)
        masses = np.array([masses.ctypes.data for masses in self._masses])
        stuck: list[int] = []

        def draw(first: int) -> None:
            levels, room = np.empty(4 * (LONGEST + 1), dtype=np.int64), np.empty(self._vocab_size)
            addresses = np.array([states.ctypes.data, levels.ctypes.data])
            stuck.append(
                sampling.generate(
                    self._addresses.address, masses.ctypes.data, states, self._scale, _UNKNOWN_ID,
                    _END_ID, stop is not None, first, min(first + _TOGETHER, rows), seeds, ids, counts,
                    room, addresses,
                )
            )  # fmt: skip

        each(draw, ((first,) for first in range(0, rows, _TOGETHER)), jobs=jobs)
        if max(stuck, default=-1) >= 0:
            raise InputError("the model gives no probability to any token allowed here; use a smoothed model")
        return [row[:count] for row, count in zip(ids.tolist(), counts.tolist(), strict=True)]

    def _read(self, prompt: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The state after a prompt, as numbers."""
        from textkit.lm.kernels.state import begin, step

        state = np.zeros(LONGEST + 2, dtype=np.int64)
        table, address = self._addresses.address, state.ctypes.data
        for i in prompt:
            if not 0 <= i < self._vocab_size:
                raise InputError(f"ids run from 0 to {self._vocab_size - 1} in this vocabulary, not {i}")
            if i == _END_ID:
                begin(table, address)
            else:
                step(table, address, i, address)
        return state
