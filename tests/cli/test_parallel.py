"""Work in processes: order, bounded memory, errors and deaths."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator

import pytest

from textkit.errors import InputError, TextkitError
from textkit_cli.parallel import AHEAD, map_blocks


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_order(jobs: int) -> None:
    blocks = ["x" * (50_000 if i % 7 == 0 else i) for i in range(60)]
    assert list(map_blocks(len, blocks, jobs=jobs)) == [len(block) for block in blocks]
    assert list(map_blocks(len, [], jobs=jobs)) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_blocks_are_taken_as_they_are_needed(jobs: int) -> None:
    taken = []

    def blocks() -> Iterator[str]:
        for i in range(1000):
            taken.append(i)
            yield "x"

    results = map_blocks(len, blocks(), jobs=jobs)
    for done in range(1, 20):
        next(results)
        assert len(taken) <= done + AHEAD * jobs
    results.close()
    assert len(taken) <= 20 + AHEAD * jobs
    assert multiprocessing.active_children() == []


def test_errors_of_the_work_arrive() -> None:
    with pytest.raises(TypeError, match="no len"):
        list(map_blocks(len, ["a", 3, "b"], jobs=2))


def test_errors_of_the_input_arrive() -> None:
    def blocks() -> Iterator[str]:
        yield "a"
        raise InputError("f.txt:2: bad")

    with pytest.raises(InputError, match=r"^f.txt:2: bad$"):
        list(map_blocks(len, blocks(), jobs=2))
    assert multiprocessing.active_children() == []


def test_a_dead_worker_is_an_error_not_a_hang() -> None:
    with pytest.raises(TextkitError, match=r"^a worker process died \(killed, .*\); try fewer jobs$"):
        list(map_blocks(os._exit, [9] * 50, jobs=2))
