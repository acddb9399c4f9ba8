"""Minibatches of pairs of sequences, each among others of similar length on both sides."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.data.text_batches import pad
from textkit.data.windows import PADDING, Sampler
from textkit.errors import InputError, UsageError

Integers = npt.NDArray[np.int64]
Lengths = npt.NDArray[np.int32]

_TOGETHER = 100  # batches whose pairs are sorted by length together: enough for little padding, and random


class PairBatch(NamedTuple):
    """Row b of `source` is a sentence, its first `source_lengths[b]` ids; what stands beyond is any id.

    `source` (B, S), `source_lengths` (B,), `inputs` (B, T) and `targets` (B, T), all int64. `inputs` are
    the targets one place earlier, the end-of-sentence id before the first; beyond a target's end `targets`
    are PADDING and `inputs` any id. `scale` multiplies the learning rate of this batch.
    """

    source: Integers
    source_lengths: Integers
    inputs: Integers
    targets: Integers
    scale: float = 1.0

    @property
    def predictions(self) -> int:
        """How many targets are to be predicted."""
        return int(np.count_nonzero(self.targets != PADDING))

    def split(self, parts: int, /) -> list[PairBatch]:
        """The rows dealt into `parts` batches; fewer when there are fewer rows.

        >>> ids = np.array([[5, 6], [7, 8], [9, 9]])
        >>> batch = PairBatch(ids, np.array([2, 2, 1]), ids, ids)
        >>> [part.source.tolist() for part in batch.split(2)]
        [[[5, 6], [9, 9]], [[7, 8]]]
        """
        parts = min(parts, len(self.source))
        return [self.part(index, parts) for index in range(parts)] if parts > 1 else [self]

    def part(self, index: int, parts: int, /) -> PairBatch:
        """Part `index` of `parts`: every so-manieth row, so that all are about as long.

        Where rows are too few for that: a row with nothing to predict.
        """
        if index >= len(self.source):
            return self._rows(slice(0, 1), nothing=True)
        return self._rows(slice(index, None, parts))

    def _rows(self, rows: slice, *, nothing: bool = False) -> PairBatch:
        lengths, targets = self.source_lengths[rows], self.targets[rows]
        steps = max(int(np.flatnonzero((targets != PADDING).any(axis=0)).max(initial=0)) + 1, 1)
        targets = np.full_like(targets[:, :1], PADDING) if nothing else targets[:, :steps]
        source = self.source[rows, : lengths.max()]
        return PairBatch(source, lengths, self.inputs[rows, : targets.shape[1]], targets, self.scale)


class PairBatches(Sampler[PairBatch]):
    """Every pair of a source and a target once an epoch, in batches of pairs of similar length.

    Sequence s of `target` is to be predicted from sequence s of `source`; both end with the id `end`. A
    batch has `batch_size` pairs, or as many as fit `tokens`: B times the longer of S and T, padding
    counted. A pair with a longer side stands alone. Memory is 12 bytes a pair, and as many again for a
    moment when an epoch is planned; the corpora may be mapped. An epoch is a function of `seed` and its
    number. Raises InputError for corpora without pairs or of unequal size, and for a sequence that does
    not end with `end`, UsageError for settings that make no sense.

    >>> source = EncodedCorpus.from_sequences([[5, 1], [6, 7, 1], [8, 1]])
    >>> target = EncodedCorpus.from_sequences([[2, 1], [3, 1], [1]])
    >>> for batch in PairBatches(source, target, end=1, tokens=4, seed=1):
    ...     print(batch.source.tolist(), batch.inputs.tolist(), batch.targets.tolist())
    [[6, 7, 1]] [[1, 3]] [[3, 1]]
    [[8, 1], [5, 1]] [[1, 1], [1, 2]] [[1, -1], [2, 1]]
    """

    source: EncodedCorpus
    target: EncodedCorpus
    end: int
    tokens: int | None
    batch_size: int | None

    def __init__(
        self,
        source: EncodedCorpus,
        target: EncodedCorpus,
        *,
        end: int,
        tokens: int | None = None,
        batch_size: int | None = None,
        seed: int = 0,
    ) -> None:
        if (batch_size is None) == (tokens is None):
            raise UsageError("pairs are batched by a number of pairs or by a number of tokens: give one")
        if min(1 if given is None else given for given in (batch_size, tokens)) < 1:
            raise UsageError("batch size and tokens of batches of pairs must be at least 1")
        if len(source) != len(target):
            raise InputError(f"{len(source)} sources and {len(target)} targets: each source needs one target")
        if not len(source):
            raise InputError("there is no pair to learn from; give at least one source and its target")
        self.source, self.target, self.end = source, target, end
        self.tokens, self.batch_size = tokens, batch_size
        self._lengths = tuple(_lengths(corpus) for corpus in (source, target))
        if min(int(lengths.min()) for lengths in self._lengths) < 1:
            raise InputError(_NO_END)
        longer = float(np.maximum(*self._lengths).mean(dtype=np.float64))
        in_batch = batch_size or max((tokens or 1) / longer, 1.0)
        self._pools = max(round(len(source) / (_TOGETHER * in_batch)), 1)
        self._seek(seed, epoch=0, position=0)

    def _plan(self, generator: np.random.Generator) -> None:
        order = np.arange(len(self.source), dtype=np.int32)
        generator.shuffle(order)
        sizes, rest, done = list[int](), order[:0], 0
        for number, pool in enumerate(np.array_split(order, self._pools), 1):
            pairs = self._sorted(np.concatenate([rest, pool]))
            cut = self._cut(pairs)
            # The last batch is small, for want of pairs: they go with those of the next pool.
            rest = pairs[len(pairs) - cut.pop() :] if number < self._pools else rest[:0]
            count = sum(cut)
            order[done : done + count] = pairs[:count]
            sizes += cut
            done += count
        borders = np.cumsum([0, *sizes], dtype=np.int64)
        self._order, self._borders = order, borders
        self._turns = generator.permutation(len(sizes)).astype(np.int32)

    def _sorted(self, pairs: Lengths) -> Lengths:
        """The pairs by their longer side, falling; among those, by the difference of the two, to and fro."""
        source, target = (lengths[pairs] for lengths in self._lengths)
        longer, more = np.maximum(source, target), source - target
        return pairs[np.lexsort((np.where(longer % 2, more, -more), -longer))]

    def _cut(self, pairs: Lengths) -> list[int]:
        """How many of the `pairs`, which are in falling order of their longer side, each batch has."""
        longer = np.maximum(*(lengths[pairs] for lengths in self._lengths))
        sizes, begin = list[int](), 0
        while begin < len(pairs):
            rows = self.batch_size or max((self.tokens or 1) // int(longer[begin]), 1)
            sizes.append(min(rows, len(pairs) - begin))
            begin += rows
        return sizes

    def __len__(self) -> int:
        return len(self._turns)

    @property
    def padding(self) -> float:
        """The share of positions of this epoch's batches, on both sides, that hold no id of a pair."""
        rows, begins = np.diff(self._borders), self._borders[:-1]
        positions = ids = 0
        for lengths in self._lengths:
            ordered = lengths[self._order]
            positions += int(np.maximum.reduceat(ordered, begins).astype(np.int64) @ rows)
            ids += int(ordered.sum(dtype=np.int64))
        return 1 - ids / positions

    def _batch(self, index: int) -> PairBatch:
        turn = self._turns[index]
        pairs = self._order[self._borders[turn] : self._borders[turn + 1]].astype(np.int64)
        source, source_lengths = pad(self.source, pairs)
        target, target_lengths = pad(self.target, pairs)
        rows = np.arange(len(pairs))
        for ids, lengths in ((source, source_lengths), (target, target_lengths)):
            if not (ids[rows, lengths - 1] == self.end).all():
                raise InputError(_NO_END)
        inputs = np.empty_like(target)
        inputs[:, 0], inputs[:, 1:] = self.end, target[:, :-1]
        real = np.arange(target.shape[1]) < target_lengths[:, None]  # (B, T)
        return PairBatch(source, source_lengths, inputs, np.where(real, target, PADDING))


_NO_END = "a source or target does not end with the end-of-sentence id; append it when texts are encoded"


def _lengths(corpus: EncodedCorpus) -> Lengths:
    """Ids of each sequence, (N,)."""
    lengths = np.empty(len(corpus), np.int32)
    return np.subtract(corpus.offsets[1:], corpus.offsets[:-1], out=lengths, casting="same_kind")
