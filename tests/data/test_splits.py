from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.data.splits import k_fold, split
from textkit.errors import UsageError

THIRDS = {"train": 0.8, "dev": 0.1, "test": 0.1}


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(0, 3))
def test_parts_are_disjoint_cover_all_and_keep_proportions(labels: list[int], seed: int) -> None:
    parts = split(len(labels), THIRDS, seed=seed, labels=labels)
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(len(labels)))
    for label, size in Counter(labels).items():
        for name, fraction in THIRDS.items():
            here = sum(labels[i] == label for i in parts[name])
            assert abs(here - fraction * size) <= 1


@given(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=40), st.integers(0, 3))
def test_equal_records_never_part(texts: list[str], seed: int) -> None:
    parts = split(len(texts), THIRDS, seed=seed, groups=texts)
    sides = [{texts[i] for i in part} for part in parts.values()]
    assert all(not (a & b) for n, a in enumerate(sides) for b in sides[n + 1 :])


@given(st.integers(2, 30), st.integers(2, 6), st.integers(0, 3))
def test_each_record_is_tested_once(size: int, folds: int, seed: int) -> None:
    folds = min(folds, size)
    tested = []
    for train, test in k_fold(size, folds, seed=seed):
        assert sorted([*train, *test]) == list(range(size))
        assert abs(len(test) - size / folds) <= 1
        tested += test.tolist()
    assert sorted(tested) == list(range(size))


def test_what_remains_of_many_small_labels_goes_to_all_parts() -> None:
    tested = [test for _, test in k_fold(300, 5, seed=1, labels=[i % 100 for i in range(300)])]
    assert all(40 <= len(test) <= 80 for test in tested)
    parts = split(500, {"a": 0.9, "b": 0.1}, seed=1, labels=[i % 100 for i in range(500)])
    assert 30 <= len(parts["b"]) <= 70


def test_of_few_labels_each_part_has_as_many() -> None:
    labels = [0, 1] * 127
    folds = [test for _, test in k_fold(254, 5, seed=1, labels=labels)]
    assert [Counter(labels[i] for i in test) for test in folds] == [
        {0: each, 1: each} for each in (25, 26, 25, 26, 25)
    ]


def test_the_seed_decides() -> None:
    def once(seed: int) -> list[int]:
        return split(100, THIRDS, seed=seed)["test"].tolist()

    assert once(1) == once(1)
    assert once(1) != once(2)


def test_bad_requests_are_refused() -> None:
    with pytest.raises(UsageError, match="fractions must be positive and sum to 1"):
        split(3, {"a": 0.5, "b": 0.4}, seed=0)
    with pytest.raises(UsageError, match="labels must have one entry for each of the 3 records, not 2"):
        split(3, {"a": 1.0}, seed=0, labels=[1, 2])
    with pytest.raises(UsageError, match="folds must lie between 2 and the 3 records, not 4"):
        next(k_fold(3, 4, seed=0))
