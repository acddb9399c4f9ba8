"""Batches of pairs: every pair once, within the budget, with little padding; resumed and sharded exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textkit.data.encoded import EncodedCorpus
from textkit.data.pair_batches import PairBatch, PairBatches
from textkit.data.windows import PADDING
from textkit.errors import InputError, UsageError

END = 1


def corpora(count: int, *, seed: int = 0) -> tuple[EncodedCorpus, EncodedCorpus]:
    """Pairs of related lengths; the first id of a source, and of its target, is its number plus 10."""
    generator = np.random.default_rng(seed)
    lengths = generator.poisson(12, count) + 1
    others = np.maximum(lengths + generator.integers(-3, 4, count), 1)
    sides = []
    for each in (lengths, others):
        ids = [[number + 10, *generator.integers(2, 9, size), END] for number, size in enumerate(each)]
        sides.append(EncodedCorpus.from_sequences(ids))
    return sides[0], sides[1]


def rows(batch: PairBatch) -> list[tuple[list[int], list[int]]]:
    """The pairs of a batch, for which inputs and targets must agree."""
    found = []
    for source, length, inputs, targets in zip(*batch[:4], strict=True):
        size = int((targets != PADDING).sum())
        assert (targets[size:] == PADDING).all()
        if size:
            assert inputs[:size].tolist() == [END, *targets[: size - 1].tolist()]
        assert inputs.min() >= 0
        found.append((source[:length].tolist(), targets[:size].tolist()))
    return found


def equal(one: list[PairBatch], other: list[PairBatch]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b) for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True)
    )


@pytest.mark.parametrize("setting", [{"tokens": 90}, {"batch_size": 7}, {"tokens": 1}])
def test_every_pair_once_an_epoch_within_the_budget(setting: dict[str, int]) -> None:
    source, target = corpora(400)
    expected = [(a.tolist(), b.tolist()) for a, b in zip(source, target, strict=True)]
    batches = PairBatches(source, target, end=END, **setting)
    epochs = []
    for _ in range(2):
        size, epoch = len(batches), list(batches)
        assert size == len(epoch)
        epochs.append([rows(batch) for batch in epoch])
        assert sorted(pair for found in epochs[-1] for pair in found) == sorted(expected)
        for batch in epoch:
            longest = max(batch.source.shape[1], batch.targets.shape[1])
            if "tokens" in setting:
                assert len(batch.source) * longest <= setting["tokens"] or len(batch.source) == 1
            else:
                assert len(batch.source) <= setting["batch_size"]
            assert batch.source.shape[1] == batch.source_lengths.max()
            assert batch.predictions == sum(len(pair[1]) for pair in rows(batch))
    assert epochs[0] != epochs[1]
    assert batches.steps(2) == sum(map(len, epochs))


def test_a_pair_longer_than_the_budget_stands_alone() -> None:
    source = EncodedCorpus.from_sequences([[5, END], [5] * 50 + [END], [6, END], [7, END]])
    target = EncodedCorpus.from_sequences([[5, END], [6, END], [6] * 30 + [END], [7, END]])
    batches = list(PairBatches(source, target, end=END, tokens=10))
    sizes = sorted(batch.source.shape + batch.targets.shape[1:] for batch in batches)
    assert sizes == [(1, 2, 31), (1, 51, 2), (2, 2, 2)]


def test_padding_is_what_the_batches_hold_and_small() -> None:
    batches = PairBatches(*corpora(3000), end=END, tokens=400)
    stated = batches.padding
    positions = ids = 0
    for batch in batches:
        positions += batch.source.size + batch.targets.size
        ids += int(batch.source_lengths.sum()) + batch.predictions
    assert stated == pytest.approx(1 - ids / positions)
    assert 0 < stated < 0.05
    assert PairBatches(*corpora(3000), end=END, batch_size=1).padding == 0


def test_similar_sizes_and_a_random_order() -> None:
    batches = PairBatches(*corpora(3000), end=END, tokens=200)
    longest = [batch.source.shape[1] for batch in batches]
    assert abs(np.corrcoef(np.arange(len(longest)), longest)[0, 1]) < 0.3
    work = np.array([batch.source.size + batch.targets.size for batch in batches])
    assert (work < 0.7 * work.mean()).mean() < 0.02  # pairs left over by one pool go with the next


@pytest.mark.parametrize("count", [200, 3000])
def test_other_pairs_meet_in_each_epoch(count: int) -> None:
    batches = PairBatches(*corpora(count), end=END, batch_size=5)
    first, second = ({frozenset(batch.source[:, 0].tolist()) for batch in batches} for _ in range(2))
    assert len(first & second) < 0.4 * len(first)  # the longest pairs have few of their length to meet


@pytest.mark.parametrize("mapped", [False, True])
def test_resumed_in_the_middle_is_as_uninterrupted(tmp_path: Path, mapped: bool) -> None:
    sides = corpora(300)
    again = sides
    if mapped:
        for name, corpus in zip("st", sides, strict=True):
            corpus.save(tmp_path / name)
        again = (EncodedCorpus.load(tmp_path / "s"), EncodedCorpus.load(tmp_path / "t"))
    whole = PairBatches(*sides, end=END, tokens=100, seed=3)
    uninterrupted = [*whole, *whole]
    batches = PairBatches(*sides, end=END, tokens=100, seed=3)
    list(batches)
    begun = iter(batches)
    done = [next(begun) for _ in range(5)]
    resumed = PairBatches(*again, end=END, tokens=100)
    resumed.load_state_dict(batches.state_dict())
    first = len(uninterrupted) - batches.steps(2) + batches.steps(1)
    assert equal(uninterrupted[first : first + 5], done)
    assert equal(uninterrupted[first + 5 :], list(resumed))


def test_shards_make_the_whole() -> None:
    sides = corpora(200)
    whole = list(PairBatches(*sides, end=END, tokens=60))
    shards = []
    for rank in range(3):
        batches = PairBatches(*sides, end=END, tokens=60)
        batches.shard(rank, 3)
        shards.append(list(batches))
    for number, batch in enumerate(whole):
        parts = [shard[number] for shard in shards]
        assert sum(part.predictions for part in parts) == batch.predictions
        found = [pair for part in parts for pair in rows(part) if pair[1]]
        assert sorted(found) == sorted(rows(batch))
        for part in parts:  # a part is padded no further than it needs
            assert part.source.shape[1] == part.source_lengths.max()
            assert part.inputs.shape == part.targets.shape
    assert any(part.predictions == 0 for shard in shards for part in shard) == any(
        len(batch.source) < 3 for batch in whole
    )


def test_parts_of_too_few_rows_have_nothing_to_predict() -> None:
    ids = np.array([[5, END]])
    batch = PairBatch(ids, np.array([2]), np.array([[END, 6]]), np.array([[6, END]]), scale=0.5)
    assert batch.split(4) == [batch]
    nothing = batch.part(2, 3)
    assert nothing.predictions == 0
    assert nothing.source.tolist() == [[5, END]]
    assert nothing.scale == 0.5


@pytest.mark.parametrize(
    ("sides", "setting", "error", "message"),
    [
        (([], []), {"tokens": 9}, InputError, "there is no pair to learn from"),
        (([[1]], [[1], [1]]), {"tokens": 9}, InputError, "1 sources and 2 targets: each source needs one"),
        (([[1]], [[]]), {"tokens": 9}, InputError, "does not end with the end-of-sentence id"),
        (([[1]], [[5]]), {"tokens": 9}, InputError, "does not end with the end-of-sentence id"),
        (([[5]], [[1]]), {"batch_size": 1}, InputError, "does not end with the end-of-sentence id"),
        (([[1]], [[1]]), {}, UsageError, "give one"),
        (([[1]], [[1]]), {"tokens": 9, "batch_size": 9}, UsageError, "give one"),
        (([[1]], [[1]]), {"tokens": 0}, UsageError, "must be at least 1"),
    ],
)
def test_what_cannot_be_batched(sides, setting: dict[str, int], error: type, message: str) -> None:
    source, target = map(EncodedCorpus.from_sequences, sides)
    with pytest.raises(error, match=message):
        list(PairBatches(source, target, end=END, **setting))
