"""Workers that die: retried, and the guilty record found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textkit.engine import Processes, WorkerDied, map_blocks
from textkit.engine.poison import DEATHS
from textkit.errors import InputError, TextkitError


def numbered(works: ModuleType, records: list[str], size: int) -> list[Any]:
    return [works.Records(i + 1, records[i : i + size]) for i in range(0, len(records), size)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_killed_worker_loses_nothing(works: ModuleType, tmp_path: Path, jobs: int) -> None:
    records = [f"record {i}" for i in range(200)]
    records[37], records[38], records[120] = "kill-once a", "kill-once b", "kill-once c"
    with Processes(jobs) as engine:
        found = list(map_blocks(works.Upper(tmp_path), numbered(works, records, 5), engine=engine))
    assert [line for block in found for line in block] == [record.upper() for record in records]
    assert {mark.name for mark in tmp_path.iterdir()} == {"a", "b", "c"}


def test_a_poisonous_record_is_named(
    works: ModuleType, tmp_path: Path, children: Callable[[], set[int]]
) -> None:
    records = [*"abcdefghijklmnop", "poison", *"rst"]
    found = []
    with (
        Processes(2) as engine,
        pytest.raises(
            TextkitError,
            match=r"^f.txt:17: kills the worker process that works on it \(out of memory or a crash in a "
            r"library\); leave the record out or pass --on-error skip$",
        ),
    ):
        for block in map_blocks(works.Upper(tmp_path), numbered(works, records, 8), engine=engine):
            found.extend(block)
    assert found == list("ABCDEFGHIJKLMNOP")
    assert children() == set()


def test_poisonous_records_are_skipped(works: ModuleType, tmp_path: Path) -> None:
    records = ["poison", *"bcdefg", "poison", "i", "poison", *"klmnopqrst"]
    told = []

    def skip(block: Any, indices: list[int]) -> Any:
        told.extend(block.place(index) for index in indices)
        return block.without(indices)

    with Processes(2) as engine:
        blocks = numbered(works, records, 8)
        found = list(map_blocks(works.Upper(tmp_path), blocks, engine=engine, on_poison=skip))
    assert [line for block in found for line in block] == [r.upper() for r in records if r != "poison"]
    assert told == ["f.txt:1", "f.txt:8", "f.txt:10"]


def test_a_block_that_kills_as_a_whole_is_named(works: ModuleType) -> None:
    with (
        Processes(2) as engine,
        pytest.raises(TextkitError, match=r"^f.txt:1 to f.txt:9: together kill the worker process that"),
    ):
        list(map_blocks(works.Crowded(6), numbered(works, list("abcdefghi"), 9), engine=engine))


def test_workers_that_all_die_are_one_error(works: ModuleType) -> None:
    with Processes(2) as engine:
        with pytest.raises(TextkitError, match=r"^every worker process dies, even with no record to work on"):
            list(map_blocks(works.Stillborn(True), numbered(works, list("abc"), 1), engine=engine))
        with pytest.raises(
            TextkitError, match=r"^a worker process died \(SIGKILL\) whenever it ran one block.*fewer jobs$"
        ):
            list(map_blocks(works.Stillborn(True), ["no records", "to divide"], engine=engine))


def test_work_that_cannot_be_loaded_is_its_own_error(works: ModuleType) -> None:
    with Processes(2) as engine, pytest.raises(ImportError, match="no such dictionary"):
        list(map_blocks(works.Stillborn(False), ["a", "b"], engine=engine))


class Frail:
    """An engine whose workers die on some records, without the processes."""

    ahead = 4

    def __init__(self) -> None:
        self.runs = 0

    def submit(self, work: Callable[[Any], Any], block: Any) -> Frail.Answer:
        self.runs += 1
        return Frail.Answer(work, block)

    def __enter__(self) -> Frail:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    class Answer:
        def __init__(self, work: Callable[[Any], Any], block: Any) -> None:
            self.work, self.block = work, block

        def result(self) -> Any:
            if "poison" in self.block.records:
                raise WorkerDied("a worker process died (SIGKILL)")
            return self.work(self.block)

        def cancel(self) -> None:
            return None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 70), guilty=st.sets(st.integers(0, 199), max_size=4))
def test_bisection_finds_exactly_the_guilty(works: ModuleType, size: int, guilty: set[int]) -> None:
    records = ["poison" if i in guilty else str(i) for i in range(200)]
    told = []

    def skip(block: Any, indices: list[int]) -> Any:
        told.extend(block.first + index - 1 for index in indices)
        return block.without(indices)

    engine = Frail()
    blocks = numbered(works, records, size)
    found = list(map_blocks(lambda block: block.records, blocks, engine=engine, on_poison=skip))
    assert [line for block in found for line in block] == [r for r in records if r != "poison"]
    assert told == sorted(guilty)
    assert engine.runs <= len(blocks) + len(guilty) * (6 + 2 * size.bit_length())


def test_a_machine_where_every_record_kills_is_given_up(works: ModuleType) -> None:
    engine = Frail()
    with pytest.raises(TextkitError, match=rf"died \(SIGKILL\), {DEATHS} times in a row \(out of memory or"):
        list(map_blocks(len, numbered(works, ["poison"] * 1000, 500), engine=engine))
    assert engine.runs <= 2 * DEATHS


def test_the_error_of_a_record_before_the_poison_is_raised_as_ever(works: ModuleType) -> None:
    def work(block: Any) -> None:
        if "fail" in block.records:
            raise InputError(f"f.txt:{block.first + block.records.index('fail')}: bad record")

    blocks = numbered(works, ["a", "fail", "poison", "b"], 4)
    with pytest.raises(InputError, match=r"^f.txt:2: bad record$"):
        list(map_blocks(work, blocks, engine=Frail(), on_poison=lambda block, i: block.without(i)))


def test_the_block_that_was_mended_may_not_kill_again(works: ModuleType) -> None:
    blocks = numbered(works, ["a", "poison", "b"], 3)
    with pytest.raises(TextkitError, match=r"^f.txt:1 to f.txt:3, less 1 guilty: together kill"):
        list(map_blocks(len, blocks, engine=Frail(), on_poison=lambda block, _: block))
