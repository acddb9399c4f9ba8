"""Random sampling covers each window once; sequential sampling goes on exactly; both resume anywhere."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.encoded import EncodedCorpus
from textkit.data.line_batches import LineBatches
from textkit.data.windows import RandomWindows, Sampler, SequentialWindows, Window, Windows
from textkit.errors import InputError, UsageError

shapes = st.tuples(st.integers(2, 200), st.integers(1, 9), st.integers(1, 12), st.integers(0, 5))


def fits(sampler: type[Windows], size: int, batch: int, length: int) -> bool:
    return size - 1 >= (length if sampler is RandomWindows else batch)


@pytest.mark.parametrize("sampler", [RandomWindows, SequentialWindows])
@given(shape=shapes)
@settings(max_examples=200, deadline=None)
def test_targets_follow_inputs_within_the_text_and_none_comes_twice(sampler: type[Windows], shape) -> None:
    size, batch, length, seed = shape
    if not fits(sampler, size, batch, length):
        return
    windows = sampler(np.arange(size), batch_size=batch, length=length, seed=seed)
    for _ in range(2):  # two epochs
        seen: list[int] = []
        for window in windows:
            assert window.inputs.dtype == window.targets.dtype == np.int64
            np.testing.assert_array_equal(window.targets, window.inputs + 1)
            assert window.inputs.shape[0] <= batch
            assert window.inputs.shape[1] <= length
            seen += window.targets.ravel().tolist()
        assert len(seen) == len(set(seen))
        assert max(seen) < size
        slack = length + (
            length if sampler is RandomWindows else batch
        )  # the shift, and what is left at the end
        assert len(seen) > size - 1 - slack


@given(shape=shapes)
@settings(max_examples=200, deadline=None)
def test_sequential_rows_go_on_exactly_where_they_ended(shape) -> None:
    size, batch, length, seed = shape
    if not fits(SequentialWindows, size, batch, length):
        return
    previous = None
    for window in SequentialWindows(np.arange(size), batch_size=batch, length=length, seed=seed):
        assert window.continues == (previous is not None)
        assert len(window.inputs) == batch
        if previous is not None:
            np.testing.assert_array_equal(window.inputs[:, 0], previous.targets[:, -1])
        previous = window


def test_random_windows_are_each_window_of_the_epoch_once() -> None:
    windows = RandomWindows(np.arange(101), batch_size=4, length=5, seed=3)
    starts = sorted(row[0] for window in windows for row in window.inputs)
    assert starts == list(range(starts[0], starts[0] + 5 * len(starts), 5))
    assert starts[0] < 5
    assert len(starts) == (100 - starts[0]) // 5


def test_epochs_differ_and_seeds_repeat() -> None:
    def epochs(seed: int) -> list[list[list[int]]]:
        windows = RandomWindows(np.arange(300), batch_size=4, length=5, seed=seed)
        return [[row.tolist() for window in windows for row in window.inputs] for _ in range(2)]

    first, second = epochs(1)
    assert first != second
    assert epochs(1) == [first, second]
    assert epochs(2)[0] != first


@pytest.mark.parametrize("sampler", [RandomWindows, SequentialWindows])
@pytest.mark.parametrize("stop", range(8))
def test_a_saved_state_continues_in_the_middle_of_an_epoch(sampler: type[Windows], stop: int) -> None:
    def make() -> Windows:
        return sampler(np.arange(60), batch_size=3, length=4, seed=7)

    whole = make()
    expected = [w.inputs.tolist() for _ in range(3) for w in whole]
    begun, got = make(), []
    for window in begun:
        got.append(window.inputs.tolist())
        if len(got) > stop:
            break
    resumed = make()
    resumed.load_state_dict(begun.state_dict())
    while len(got) < len(expected):
        got += [w.inputs.tolist() for w in resumed]
    assert got == expected


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="the text is too short: 4 tokens where a batch needs 5"):
        RandomWindows(np.arange(5), batch_size=1, length=5)
    with pytest.raises(InputError, match="the text is too short: 4 tokens where a batch needs 9"):
        SequentialWindows(np.arange(5), batch_size=9, length=1)
    with pytest.raises(UsageError, match="batch size and length must be at least 1, not 0 and 5"):
        RandomWindows(np.arange(5), batch_size=0, length=5)


def make(name: str, **options: Any) -> Sampler:
    if name == "lines":
        borders = np.unique(np.random.default_rng(0).integers(0, 300, 50))
        lines = [np.arange(a, b).tolist() for a, b in itertools.pairwise(borders)]
        return LineBatches(EncodedCorpus.from_sequences(lines), end=0, batch_size=5, seed=2)
    if name == "random":
        return RandomWindows(np.arange(500), batch_size=5, length=7, seed=2)
    return SequentialWindows(np.arange(500), batch_size=5, length=7, seed=2, vary=name == "vary")


NAMES = ["random", "sequential", "vary", "lines"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("world", [1, 2, 3, 5])
def test_shards_are_together_the_whole_minibatch(name: str, world: int) -> None:
    whole, shards = make(name), [make(name) for _ in range(world)]
    for rank, shard in enumerate(shards):
        shard.shard(rank, world)
    for _ in range(2):  # epochs
        for window, *parts in zip(whole, *shards, strict=True):
            real = [part for part in parts if part.predictions]
            np.testing.assert_array_equal(np.concatenate([p.inputs for p in real]), window.inputs)
            np.testing.assert_array_equal(np.concatenate([p.targets for p in real]), window.targets)
            assert [p.first for p in real] == np.cumsum([0, *(len(p.inputs) for p in real)])[:-1].tolist()
            assert {(p.continues, p.scale) for p in parts} == {(window.continues, window.scale)}
            assert all(len(part.inputs) for part in parts)  # none goes without a row
    assert all(shard.state_dict() == whole.state_dict() for shard in shards)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stop", [1, 5, 9])
def test_a_shard_continues_in_the_middle_of_an_epoch(name: str, stop: int) -> None:
    begun, expected = make(name), [w.inputs.tolist() for w in make(name)]
    for _ in itertools.islice(begun, stop):
        pass
    resumed = make(name)
    resumed.load_state_dict(begun.state_dict())
    assert [w.inputs.tolist() for w in resumed] == expected[stop:]


@pytest.mark.parametrize("name", NAMES)
def test_the_steps_of_several_epochs_are_known_before(name: str) -> None:
    sampler = make(name)
    expected = sampler.steps(4)
    assert sampler.state_dict() == make(name).state_dict()  # looking ahead moves nothing
    assert expected == sum(len(list(sampler)) for _ in range(4))
    assert sampler.steps(4) == expected
    for most in (1, expected - 1, expected, expected + 1):
        assert sampler.steps(4, most) == min(expected, most)


@pytest.mark.parametrize("name", NAMES)
def test_no_more_epochs_are_planned_than_are_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sampler, planned = make(name), list[int]()
    plan = type(sampler)._plan
    monkeypatch.setattr(
        type(sampler), "_plan", lambda self, generator: (planned.append(1), plan(self, generator))
    )
    assert sampler.steps(10**6, 3 * len(sampler)) == 3 * len(sampler)
    assert len(planned) <= 5


@given(rows=st.integers(1, 9), parts=st.integers(1, 12))
def test_splitting_keeps_every_row(rows: int, parts: int) -> None:
    inputs = np.arange(rows * 2).reshape(rows, 2)
    window = Window(inputs, inputs + 1, True, 3, 0.5)
    pieces = window.split(parts)
    assert len(pieces) == min(rows, parts)
    np.testing.assert_array_equal(np.concatenate([p.targets for p in pieces]), window.targets)
    sizes = [len(p.inputs) for p in pieces]
    assert max(sizes) - min(sizes) <= 1
    assert [p.first for p in pieces] == (3 + np.cumsum([0, *sizes[:-1]])).tolist()
    assert all(p.continues and p.scale == 0.5 for p in pieces)
    assert sum(p.predictions for p in pieces) == window.predictions == rows * 2


def test_varied_lengths_are_those_of_the_paper() -> None:
    windows = list(SequentialWindows(np.arange(200_000), batch_size=2, length=70, seed=1, vary=True))
    lengths = np.array([w.inputs.shape[1] for w in windows[:-1]])
    for window, length in zip(windows, lengths, strict=False):
        assert window.scale == length / 70
    long = lengths[lengths > 52]
    assert 0.93 < len(long) / len(lengths) < 0.97
    assert abs(long.mean() - 69.5) < 0.6  # whole steps: cut off, not rounded
    assert 4.5 < long.std() < 5.5
    assert abs(lengths[lengths < 52].mean() - 34.5) < 2
    short = SequentialWindows(np.arange(5000), batch_size=1, length=8, seed=1, vary=True)
    assert min(w.inputs.shape[1] for w in list(short)[:-1]) == 5


def test_a_rank_outside_its_world_is_refused() -> None:
    with pytest.raises(UsageError, match="rank must be 0 to 1 in a world of 2, not 2"):
        make("random").shard(2, 2)
