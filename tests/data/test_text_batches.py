"""Every labelled text once an epoch among others of its length, unlabelled ones beside them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.data.text_batches import UNLABELLED, TextBatch, TextBatches, pad
from textkit.errors import InputError, UsageError

texts = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=12), min_size=1, max_size=60)


def batches_of(some: list[list[int]], more: list[list[int]] | None = None, **options: int) -> TextBatches:
    """Batches in which a text's class is its first id, and its weight its length."""
    corpus = EncodedCorpus.from_sequences(some)
    return TextBatches(
        corpus,
        np.array([text[0] for text in some], np.int64),
        weights=np.array([len(text) for text in some], np.float32),
        unlabelled=None if more is None else EncodedCorpus.from_sequences(more),
        batch_size=options.pop("batch_size", 4),
        **options,
    )


def rows(batch: TextBatch) -> list[tuple[tuple[int, ...], int]]:
    """What stands in each row, and its class; padding is checked on the way."""
    assert batch.ids.shape == (len(batch.lengths), batch.lengths.max())
    assert batch.ids.dtype == batch.lengths.dtype == batch.classes.dtype == np.int64
    assert batch.weights.dtype == np.float32
    found = []
    for ids, length, label, weight in zip(*batch[:4], strict=True):
        assert not ids[length:].any()
        assert weight == (1 if label == UNLABELLED else length)
        found.append((tuple(ids[:length].tolist()), int(label)))
    return found


@given(some=texts, size=st.integers(1, 9), seed=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_every_text_comes_once_an_epoch_with_its_class(some: list[list[int]], size: int, seed: int) -> None:
    batches = batches_of(some, batch_size=size, seed=seed)
    expected = Counter((tuple(text), text[0]) for text in some)
    for _ in range(2):
        found = list(batches)
        assert len(found) == len(batches) == -(-len(some) // size)
        assert Counter(row for batch in found for row in rows(batch)) == expected
        assert sum(batch.predictions for batch in found) == len(some)


@given(some=texts, more=texts, ratio=st.integers(1, 4), seed=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_unlabelled_texts_are_spread_over_the_batches(
    some: list[list[int]], more: list[list[int]], ratio: int, seed: int
) -> None:
    batches = batches_of(some, more, batch_size=4, ratio=ratio, seed=seed)
    for _ in range(2):
        labelled, unlabelled = Counter[object](), Counter[object]()
        for batch in batches:
            found = rows(batch)
            known = sum(label != UNLABELLED for _, label in found)
            assert 1 <= known == batch.predictions <= 4
            assert len(found) - known <= ratio * known + 1
            labelled.update(row for row in found if row[1] != UNLABELLED)
            unlabelled.update(row[0] for row in found if row[1] == UNLABELLED)
        assert labelled == Counter((tuple(text), text[0]) for text in some)
        assert not unlabelled - Counter(map(tuple, more))  # none more often than it is there
        assert sum(unlabelled.values()) == min(ratio * len(some), len(more))


def test_another_epoch_draws_other_unlabelled_texts() -> None:
    batches = batches_of([[1], [2]], [[id_] for id_ in range(3, 400)], batch_size=2)
    drawn = [{ids for batch in batches for ids, _ in rows(batch)} for _ in range(2)]
    assert drawn[0] != drawn[1]


@given(some=texts, more=texts, stop=st.integers(0, 20), seed=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_sampler_goes_on_in_the_middle_of_an_epoch(
    some: list[list[int]], more: list[list[int]], stop: int, seed: int
) -> None:
    whole, cut = batches_of(some, more, seed=seed), batches_of(some, more, seed=seed)
    expected = [rows(batch) for _ in range(2) for batch in whole]
    assert len(expected) == whole.steps(2)
    seen = []
    for batch in cut:
        seen.append(rows(batch))
        if len(seen) > stop:
            break
    resumed = batches_of(some, more, seed=seed + 1)
    resumed.load_state_dict(cut.state_dict())
    while len(seen) < len(expected):
        seen += [rows(batch) for batch in resumed]
    assert seen == expected


@given(some=texts, more=texts, world=st.integers(2, 5))
@settings(max_examples=40, deadline=None)
def test_processes_share_the_rows_of_the_same_batches(
    some: list[list[int]], more: list[list[int]], world: int
) -> None:
    shards = [batches_of(some, more) for _ in range(world)]
    for rank, shard in enumerate(shards):
        shard.shard(rank, world)
    for batch, *parts in zip(batches_of(some, more), *shards, strict=True):
        assert sum(part.predictions for part in parts) == batch.predictions
        shared = Counter(row for part in parts for row in rows_known(part))
        assert shared == Counter(rows_known(batch))
        assert max(part.predictions for part in parts) <= -(-batch.predictions // world)


def rows_known(batch: TextBatch) -> list[tuple[tuple[int, ...], int]]:
    """The rows with a class."""
    return [
        (tuple(ids[:length].tolist()), int(label))
        for ids, length, label in zip(batch.ids, batch.lengths, batch.classes, strict=True)
        if label != UNLABELLED
    ]


@given(some=texts, parts=st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_a_batch_in_parts_has_the_same_rows(some: list[list[int]], parts: int) -> None:
    for batch in batches_of(some, batch_size=5):
        split = batch.split(parts)
        assert len(split) == min(parts, len(batch.ids))
        assert Counter(row for part in split for row in rows(part)) == Counter(rows(batch))


def test_there_is_little_padding_and_much_chance() -> None:
    generator = np.random.default_rng(0)
    some = [[1] * int(n) for n in generator.integers(1, 60, 3000)]
    batches = list(batches_of(some, some, batch_size=16, seed=2))
    padded = sum(batch.ids.size for batch in batches)
    assert padded < 1.15 * sum(batch.lengths.sum() for batch in batches)
    means = np.array([batch.lengths.mean() for batch in batches])
    assert abs(np.corrcoef(means[1:], means[:-1])[0, 1]) < 0.3


def test_no_text_pads_to_nothing() -> None:
    ids, lengths = pad(EncodedCorpus.from_sequences([[5]]), np.empty(0, np.int64))
    assert ids.shape == (0, 0)
    assert lengths.shape == (0,)


def test_what_cannot_be_batched_is_refused() -> None:
    corpus, one = EncodedCorpus.from_sequences([[5], [6]]), np.zeros(2, np.int64)
    with pytest.raises(UsageError, match="batch size, ratio and least must be at least 1, not 0, 1 and 1"):
        TextBatches(corpus, one, batch_size=0)
    with pytest.raises(UsageError, match="not 2, 0 and 1"):
        TextBatches(corpus, one, batch_size=2, ratio=0)
    with pytest.raises(UsageError, match="2 texts need as many classes and weights, not 3 and 2"):
        TextBatches(corpus, np.zeros(3, np.int64), batch_size=2)
    with pytest.raises(InputError, match="there is no text to learn from"):
        TextBatches(EncodedCorpus.from_sequences([]), one[:0], batch_size=2)
    with pytest.raises(InputError, match="needs at least one id"):
        TextBatches(EncodedCorpus.from_sequences([[5], []]), one, batch_size=2)
    with pytest.raises(InputError, match="needs at least one id"):
        TextBatches(corpus, one, batch_size=2, unlabelled=EncodedCorpus.from_sequences([[]]))


def test_few_texts_are_read_as_often_as_makes_an_epoch() -> None:
    some, more = [[1], [2, 2], [3], [4, 4, 4], [5]], [[7]] * 4 + [[8, 8]] * 40
    batches = batches_of(some, more, batch_size=2, least=10)
    drawn = [row for batch in batches for row in rows(batch)]
    assert len(batches) == 12  # three a pass
    labelled = Counter(row for row, label in drawn if label != UNLABELLED)
    assert labelled == dict.fromkeys([(1,), (2, 2), (3,), (4, 4, 4), (5,)], 4)
    unlabelled = Counter(row for row, label in drawn if label == UNLABELLED)
    assert unlabelled.total() == 20
    assert unlabelled[(7,)] <= 4  # none twice
    for batch in batches:
        known = [row for row, label in rows(batch) if label != UNLABELLED]
        assert len(set(known)) == len(known)
