"""Minibatches of whole texts with their classes, each among others of similar length."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.data.windows import Sampler
from textkit.errors import InputError, UsageError

Integers = npt.NDArray[np.int64]

UNLABELLED = -1  # as a class: nobody knows it
_TOGETHER = 16  # batches whose texts are sorted by length together: enough for little padding, and random


class TextBatch(NamedTuple):
    """Row b is the first `lengths[b]` of `ids[b]`; what stands beyond is any id.

    `ids` (B, T) int64, T the longest row's length; `lengths`, `classes` (B,) int64, UNLABELLED for a
    text whose class nobody knows; `weights` (B,) float32, how much a text counts. `scale` multiplies
    the learning rate of this batch.
    """

    ids: Integers
    lengths: Integers
    classes: Integers
    weights: npt.NDArray[np.float32]
    scale: float = 1.0

    @property
    def predictions(self) -> int:
        """How many texts have a class."""
        return int(np.count_nonzero(self.classes != UNLABELLED))

    def split(self, parts: int, /) -> list[TextBatch]:
        """The rows dealt into `parts` batches; fewer when there are fewer rows.

        >>> ids, ones = np.array([[5, 6], [7, 0], [8, 9]]), np.ones(3, np.float32)
        >>> batch = TextBatch(ids, np.array([2, 1, 2]), np.array([0, 1, 1]), ones)
        >>> [part.ids.tolist() for part in batch.split(2)]
        [[[5, 6], [8, 9]], [[7]]]
        """
        parts = min(parts, len(self.ids))
        return [self.part(index, parts) for index in range(parts)] if parts > 1 else [self]

    def part(self, index: int, parts: int, /) -> TextBatch:
        """Part `index` of `parts`: every so-manieth row, so that each has labelled ones and others.

        Where rows are too few for that: a row without a class.
        """
        if index >= len(self.ids):
            return self._rows(slice(0, 1))._replace(classes=np.full(1, UNLABELLED))
        return self._rows(slice(index, None, parts))

    def _rows(self, rows: slice) -> TextBatch:
        lengths = self.lengths[rows]
        ids = self.ids[rows, : lengths.max()]
        return TextBatch(ids, lengths, self.classes[rows], self.weights[rows], self.scale)


def pad(corpus: EncodedCorpus, texts: Integers) -> tuple[Integers, Integers]:
    """The `texts` (B,) of the corpus as rows (B, T) of ids, 0 beyond their ends, and their lengths (B,).

    >>> pad(EncodedCorpus.from_sequences([[5], [6, 7], [8]]), np.array([1, 0]))[0].tolist()
    [[6, 7], [5, 0]]
    """
    begins = corpus.offsets[texts]
    lengths = corpus.offsets[texts + 1] - begins
    steps = np.arange(int(lengths.max(initial=0)))
    real = steps < lengths[:, None]  # (B, T)
    places = np.where(real, begins[:, None] + steps, 0)
    return np.where(real, corpus.ids[places], 0).astype(np.int64), lengths


class TextBatches(Sampler[TextBatch]):
    """Every text of `corpus` once an epoch, `batch_size` in a batch; `classes` (S,) are theirs.

    Of few texts an epoch is as many passes as make `least` batches. `weights` (S,) are one where they
    are not given. To the texts of a batch come up to `ratio` times as
    many of `unlabelled`, drawn anew for each epoch, none twice in one. An epoch is a function of `seed`
    and its number. Raises InputError for a corpus without texts or with an empty one, UsageError for
    settings that make no sense.

    >>> corpus = EncodedCorpus.from_sequences([[5], [6, 7], [8]])
    >>> for batch in TextBatches(corpus, np.array([0, 1, 1]), batch_size=2, seed=1):
    ...     print(batch.ids.tolist(), batch.classes.tolist())
    [[6, 7], [5, 0]] [1, 0]
    [[8]] [1]
    """

    def __init__(
        self,
        corpus: EncodedCorpus,
        classes: Integers,
        *,
        batch_size: int,
        seed: int = 0,
        weights: npt.NDArray[np.float32] | None = None,
        unlabelled: EncodedCorpus | None = None,
        ratio: int = 1,
        least: int = 1,
    ) -> None:
        if min(batch_size, ratio, least) < 1:
            raise UsageError(
                f"batch size, ratio and least must be at least 1, not {batch_size}, {ratio} and {least}"
            )
        if not len(corpus):
            raise InputError("there is no text to learn from; give at least one of each class")
        others = EncodedCorpus.from_sequences([]) if unlabelled is None else unlabelled
        for each in (corpus, others):
            if len(each) and not each.lengths.min():
                raise InputError("a text to learn from needs at least one id; give it the unknown word's")
        weights = np.ones(len(corpus), np.float32) if weights is None else weights
        if not len(corpus) == len(classes) == len(weights):
            raise UsageError(
                f"{len(corpus)} texts need as many classes and weights, not {len(classes)} and {len(weights)}"
            )
        self.corpus, self.classes, self.weights, self.unlabelled = corpus, classes, weights, others
        self.batch_size = batch_size
        self._passes = -(-least // -(-len(corpus) // batch_size))
        self._others = min(ratio * len(corpus) * self._passes, len(others))
        self._seek(seed, epoch=0, position=0)

    def _plan(self, generator: np.random.Generator) -> None:
        count, pool = len(self.corpus), _TOGETHER * self.batch_size
        orders = [generator.permutation(count) for _ in range(self._passes)]
        others = generator.permutation(len(self.unlabelled))[: self._others]
        batches: list[tuple[Integers, Integers]] = []
        for order, some in zip(orders, np.array_split(others, self._passes), strict=True):
            for begin in range(0, count, pool):
                end = min(begin + pool, count)
                share = some[len(some) * begin // count : len(some) * end // count]
                batches += self._together(order[begin:end], share)
        self._batches = [batches[index] for index in generator.permutation(len(batches))]

    def _together(self, texts: Integers, more: Integers) -> list[tuple[Integers, Integers]]:
        """Batches of `texts` of like length, each with its share of the unlabelled texts `more`."""
        texts, more = _falling(self.corpus, texts), _falling(self.unlabelled, more)
        batches = []
        for first in range(0, len(texts), self.batch_size):
            last = min(first + self.batch_size, len(texts))
            # Both are sorted: what stands at the same part of the way is about as long.
            beside = more[len(more) * first // len(texts) : len(more) * last // len(texts)]
            batches.append((texts[first:last], beside))
        return batches

    def __len__(self) -> int:
        return len(self._batches)

    def _batch(self, index: int) -> TextBatch:
        texts, more = self._batches[index]
        ids, lengths = pad(self.corpus, texts)
        classes, weights = self.classes[texts], self.weights[texts]
        if len(more):
            more_ids, more_lengths = pad(self.unlabelled, more)
            width = max(ids.shape[1], more_ids.shape[1])
            ids = np.concatenate([_widen(each, width) for each in (ids, more_ids)])
            lengths = np.concatenate([lengths, more_lengths])
            classes = np.concatenate([classes, np.full(len(more), UNLABELLED)])
            weights = np.concatenate([weights, np.ones(len(more), np.float32)])
        return TextBatch(ids, lengths, classes, weights)


def _falling(corpus: EncodedCorpus, texts: Integers) -> Integers:
    """The texts, the longest first; in the order given where they are as long."""
    return texts[np.argsort(-corpus.lengths[texts], kind="stable")]


def _widen(ids: Integers, width: int) -> Integers:
    return np.pad(ids, ((0, 0), (0, width - ids.shape[1])))
