"""Minibatches of whole lines: each line alone, among others of similar length."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.data.windows import PADDING, Sampler, Window
from textkit.errors import InputError, UsageError

_TOGETHER = 64  # batches whose lines are sorted by length together: enough for little padding, and random


class LineBatches(Sampler[Window]):
    """Every line of `corpus` once an epoch, read from the end of a line to its own `end`.

    A batch has `batch_size` lines, or as many as fit `tokens`, padding counted (one at least). Lines
    longer than `length` are cut into pieces of it. Padding has the target PADDING. Raises InputError for
    a corpus without lines.

    >>> corpus = EncodedCorpus.from_sequences([[5, 9], [6, 7, 9], [9]])
    >>> for window in LineBatches(corpus, end=9, batch_size=2, seed=1):
    ...     print(window.inputs.tolist(), window.targets.tolist())
    [[9, 6, 7], [9, 5, 9]] [[6, 7, 9], [5, 9, -1]]
    [[9]] [[9]]
    """

    def __init__(
        self,
        corpus: EncodedCorpus,
        *,
        end: int,
        batch_size: int | None = None,
        tokens: int | None = None,
        length: int | None = None,
        seed: int = 0,
    ) -> None:
        if (batch_size is None) == (tokens is None):
            raise UsageError("lines are batched by a number of lines or by a number of tokens: give one")
        if min(1 if given is None else given for given in (batch_size, tokens, length)) < 1:
            raise UsageError("batch size, tokens and length of batches of lines must be at least 1")
        self.corpus, self.end = corpus, end
        self.batch_size, self.tokens = batch_size, tokens
        self._begins, self._lengths, self._opens = _pieces(corpus, length)
        if not len(self._begins):
            raise InputError("the text is too short: a batch needs a line, and there is none")
        self._seek(seed, epoch=0, position=0)

    def _plan(self, generator: np.random.Generator) -> None:
        order = generator.permutation(len(self._begins))
        if self.batch_size is not None:
            pool = _TOGETHER * self.batch_size
        else:
            pool = int(_TOGETHER * (self.tokens or 1) / self._lengths.mean()) + 1
        batches: list[npt.NDArray[np.int64]] = []
        for begin in range(0, len(order), pool):
            some = order[begin : begin + pool]
            batches += self._cut(some[np.argsort(-self._lengths[some], kind="stable")])
        self._batches = [batches[index] for index in generator.permutation(len(batches))]

    def _cut(self, pieces: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
        """Batches of `pieces`, which are in falling order of length."""
        batches, begin = [], 0
        while begin < len(pieces):
            rows = self.batch_size or max((self.tokens or 1) // int(self._lengths[pieces[begin]]), 1)
            batches.append(pieces[begin : begin + rows])
            begin += rows
        return batches

    def __len__(self) -> int:
        return len(self._batches)

    def _batch(self, index: int) -> Window:
        pieces = self._batches[index]
        begins, lengths = self._begins[pieces], self._lengths[pieces]
        steps = np.arange(int(lengths.max()))
        real = steps < lengths[:, None]  # (B, T)
        places = np.where(real, begins[:, None] + steps, 1)  # flat; what is not real is replaced below
        ids = self.corpus.ids
        targets = np.where(real, ids[np.minimum(places, len(ids) - 1)], PADDING).astype(np.int64)
        inputs = np.where(real, ids[np.maximum(places - 1, 0)], self.end).astype(np.int64)
        inputs[self._opens[pieces], 0] = self.end
        return Window(inputs, targets, False)


def _pieces(
    corpus: EncodedCorpus, length: int | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Where the pieces of lines begin, how long they are, and which of them begin a line."""
    lines = np.flatnonzero(corpus.lengths)
    begins, lengths = corpus.offsets[:-1][lines], corpus.lengths[lines]
    limit = int(lengths.max(initial=1)) if length is None else length
    counts = -(-lengths // limit)  # of pieces in each line
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)  # within its line
    skipped = number * limit
    pieces = np.minimum(np.repeat(lengths, counts) - skipped, limit)
    return np.repeat(begins, counts) + skipped, pieces, number == 0
