"""Encoded sentences as padded batches of like lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from textkit.data.encoded import EncodedCorpus

_MOST_ROWS = 512  # of a batch: more are no quicker, and log probabilities of all ids take memory


class SourceBatch(NamedTuple):
    """B sentences: row b is the first `lengths[b]` of `ids[b]`; `ids` (B, S) and `lengths` (B,) int64."""

    ids: Tensor
    lengths: Tensor

    @staticmethod
    def of(corpus: EncodedCorpus, numbers: Sequence[int]) -> SourceBatch:
        """The sentences of these `numbers`.

        >>> SourceBatch.of(EncodedCorpus.from_sequences([[4, 1], [5], [6, 7, 1]]), [2, 0]).ids
        tensor([[6, 7, 1],
                [4, 1, 0]])
        """
        lengths = corpus.lengths[list(numbers)]
        ids = np.zeros((len(numbers), int(lengths.max())), dtype=np.int64)
        for row, number in zip(ids, numbers, strict=True):
            row[: len(corpus[number])] = corpus[number]
        return SourceBatch(torch.from_numpy(ids), torch.from_numpy(lengths))


def by_length(lengths: npt.NDArray[Any], *, rows: int, tokens: int, parts: int = 1) -> Iterator[list[int]]:
    """The numbers of sentences of these `lengths` in batches, the longest first.

    A sentence takes `rows` rows of a batch; rows times the longest sentence are at most `tokens`, but for
    a single sentence. No batch reaches from one of `parts` equal shares of all tokens far into the next.

    >>> list(by_length(np.array([3, 9, 2, 3]), rows=2, tokens=12))
    [[1], [0, 3], [2]]
    >>> list(by_length(np.array([3, 9, 2, 3]), rows=2, tokens=99, parts=2))
    [[1], [0, 3, 2]]
    """
    batch: list[int] = []
    total, before, part = int(lengths.sum()), 0, 0
    for number in np.argsort(-lengths, kind="stable").tolist():
        taken = rows * (len(batch) + 1)
        full = batch and (taken * int(lengths[batch[0]]) > tokens or taken > _MOST_ROWS)
        if full or before * parts // total > part:
            yield batch
            batch = []
        part = before * parts // total
        before += int(lengths[number])
        batch.append(number)
    if batch:
        yield batch
