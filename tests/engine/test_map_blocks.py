"""Work on engines of this machine: order, bounded memory, errors, and nobody left behind."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from textkit.engine import AHEAD, Engine, Processes, Serial, Threads, map_blocks
from textkit.errors import InputError, TextkitError, UsageError

Make = Callable[[], Engine]
Children = Callable[[], set[int]]
Wait = Callable[[Callable[[], bool]], None]

ENGINES = {
    "serial": Serial,
    "threads": lambda: Threads(2),
    "processes": lambda: Processes(2),
    "three": lambda: Processes(3),
}
every_engine = pytest.mark.parametrize("make", ENGINES.values(), ids=ENGINES)
parallel = pytest.mark.parametrize("make", [ENGINES["threads"], ENGINES["processes"]])


@every_engine
def test_results_come_in_order(make: Make) -> None:
    blocks = ["x" * (50_000 if i % 7 == 0 else i) for i in range(60)]
    with make() as engine:
        assert list(map_blocks(len, blocks, engine=engine)) == [len(block) for block in blocks]
        assert list(map_blocks(len, [], engine=engine)) == []
        assert list(map_blocks(str.strip, [" b", "a "], engine=engine)) == ["b", "a"]


@parallel
def test_a_slow_block_keeps_its_place(make: Make, works: ModuleType, tmp_path: Path) -> None:
    records = ["sleep 0.5", *"abcdef", "sleep 0.1", "g"]
    with make() as engine:
        blocks = [works.Records(i, [record]) for i, record in enumerate(records, 1)]
        found = list(map_blocks(works.Upper(tmp_path), blocks, engine=engine))
    assert found == [[record.upper()] for record in records]


@every_engine
def test_blocks_are_taken_as_they_are_needed(make: Make) -> None:
    taken = []

    def blocks() -> Iterator[str]:
        for i in range(1000):
            taken.append(i)
            yield "x"

    with make() as engine:
        results = map_blocks(len, blocks(), engine=engine)
        for done in range(1, 20):
            next(results)
            assert len(taken) <= done - 1 + engine.ahead
        results.close()
        assert len(taken) <= 18 + engine.ahead
    assert multiprocessing.active_children() == []


def test_how_far_ahead_engines_are() -> None:
    assert Serial().ahead == 1
    assert Threads(2).ahead == Processes(2).ahead == 2 * AHEAD


@every_engine
def test_errors_of_the_work_arrive(make: Make, works: ModuleType, tmp_path: Path) -> None:
    with make() as engine:
        with pytest.raises(TypeError, match="no len"):
            list(map_blocks(len, ["a", 3, "b"], engine=engine))
        blocks = [works.Records(1, ["fine"]), works.Records(2, ["fail"])]
        with pytest.raises(InputError, match=r"^f.txt: bad record$"):
            list(map_blocks(works.Upper(tmp_path), blocks, engine=engine))


def test_an_error_that_cannot_travel_arrives_as_its_message(works: ModuleType, tmp_path: Path) -> None:
    with Processes(1) as engine, pytest.raises(TextkitError, match=r"^OddError: one and two$") as caught:
        list(map_blocks(works.Upper(tmp_path), [works.Records(1, ["odd"])], engine=engine))
    assert "deadly_works.py" in str(caught.value.__cause__)  # where it happened


@every_engine
def test_errors_of_the_input_arrive(make: Make, children: Children) -> None:
    def blocks() -> Iterator[str]:
        yield "a"
        raise InputError("f.txt:2: bad")

    with make() as engine, pytest.raises(InputError, match=r"^f.txt:2: bad$"):
        list(map_blocks(len, blocks(), engine=engine))
    assert children() == set()


def test_what_cannot_be_sent_is_an_error() -> None:
    with Processes(2) as engine:
        with pytest.raises(UsageError, match=r"^a function cannot be sent to a worker process: .*one job$"):
            list(map_blocks(lambda block: block, ["a"], engine=engine))
        with pytest.raises(UsageError, match=r"^a generator cannot be sent to a worker process"):
            list(map_blocks(len, [(x for x in "ab")], engine=engine))


def test_work_is_sent_to_each_process_once(works: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Processes(2) as engine:
        assert list(map_blocks(works.Counted(log), ["ab"] * 100, engine=engine)) == [2] * 100
    pids = log.read_text().split()
    assert len(pids) == len(set(pids)) <= 2


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError])
def test_leaving_early_ends_busy_workers(
    works: ModuleType, tmp_path: Path, children: Children, wait_until: Wait, kind: type[BaseException]
) -> None:
    blocks = [works.Records(1, ["a"]), *(works.Records(i, ["sleep 600"]) for i in range(2, 9))]
    with pytest.raises(kind), Processes(2) as engine:
        results = map_blocks(works.Upper(tmp_path), blocks, engine=engine)
        assert next(results) == ["A"]
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
        assert len(children()) == 2
        raise kind
    assert children() == set()
    assert not [t for t in threading.enumerate() if t.name.startswith("textkit")]


def test_a_closed_generator_begins_no_more(works: ModuleType, tmp_path: Path) -> None:
    begun = []

    def work(block: int) -> int:
        begun.append(block)
        time.sleep(0.05)
        return block

    with Threads(2) as engine:
        results = map_blocks(work, range(100), engine=engine)
        assert next(results) == 0
        results.close()
    assert len(begun) < engine.ahead
