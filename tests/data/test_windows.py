"""Random sampling covers each window once; sequential sampling goes on exactly; both resume anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.data.windows import RandomWindows, SequentialWindows, Windows
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
