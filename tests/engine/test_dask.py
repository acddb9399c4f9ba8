"""Work on a Dask cluster of two workers: whole and identical though one is killed, and gone afterwards."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from textkit.engine import AHEAD, Dask, map_blocks
from textkit.engine import dask as dask_engine
from textkit.errors import InputError, TextkitError, UsageError

pytest.importorskip("distributed", reason="distributed, an extra, is not installed")

Children = Callable[[], set[int]]
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Dask]:
    # Workers look for modules where this process looks for them when they start, and start again.
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent)
        with Dask(2) as engine:
            yield engine


def numbered(works: ModuleType, records: list[str], size: int) -> list[Any]:
    return [works.Records(i + 1, records[i : i + size]) for i in range(0, len(records), size)]


def test_results_come_in_order_and_errors_arrive(cluster: Dask, works: ModuleType, tmp_path: Path) -> None:
    assert cluster.ahead == 2 * AHEAD
    records = ["sleep 0.3", *map(str, range(40))]
    found = list(map_blocks(works.Upper(tmp_path), numbered(works, records, 1), engine=cluster))
    assert found == [[record.upper()] for record in records]
    with pytest.raises(InputError, match=r"^f.txt: bad record$"):
        list(map_blocks(works.Upper(tmp_path), numbered(works, ["a", "fail"], 1), engine=cluster))
    with pytest.raises(TextkitError, match=r"^OddError: one and two$"):
        list(map_blocks(works.Upper(tmp_path), numbered(works, ["a", "odd"], 1), engine=cluster))


def test_a_worker_killed_in_the_middle_loses_nothing(
    cluster: Dask, works: ModuleType, tmp_path: Path
) -> None:
    records = [f"record {i}" for i in range(300)]
    records[31] = "kill-once a"  # from inside
    found: list[str] = []
    for number, block in enumerate(
        map_blocks(works.Upper(tmp_path), numbered(works, records, 5), engine=cluster)
    ):
        found.extend(block)
        if number == 30:  # and from outside
            os.kill(cluster._client.run(os.getpid).popitem()[1], signal.SIGKILL)
    assert found == [record.upper() for record in records]
    assert (tmp_path / "a").exists()


def test_poisonous_records_are_skipped_or_named(cluster: Dask, works: ModuleType, tmp_path: Path) -> None:
    records = [*"abc", "poison", *"efgh"]
    work, blocks = works.Upper(tmp_path), numbered(works, records, 4)
    found = list(map_blocks(work, blocks, engine=cluster, on_poison=lambda block, i: block.without(i)))
    assert found == [list("ABC"), list("EFGH")]
    with pytest.raises(TextkitError, match=r"^f.txt:4: kills the worker process that works on it"):
        list(map_blocks(work, blocks, engine=cluster))


def test_a_running_cluster_is_used_and_left_running(
    cluster: Dask, works: ModuleType, tmp_path: Path, wait_until: Wait
) -> None:
    wait_until(lambda: len(cluster.workers()) == 2)  # after the deaths of other tests
    address = cluster._client.scheduler.address
    with Dask(1, address) as engine:
        assert engine.ahead == 2 * AHEAD  # of the workers there, not of the jobs
        blocks = numbered(works, [*"abcdef"], 2)
        assert list(map_blocks(works.Upper(tmp_path), blocks, engine=engine)) == [
            ["A", "B"],
            ["C", "D"],
            ["E", "F"],
        ]
        results = map_blocks(works.Upper(tmp_path), blocks, engine=engine)
        next(results)
        results.close()
    assert len(cluster.workers()) == 2


def test_results_are_released_as_they_are_taken(cluster: Dask, works: ModuleType) -> None:
    def held(dask_scheduler: Any) -> int:
        return len(dask_scheduler.tasks)

    results = map_blocks(len, iter(["x" * 1000] * 60), engine=cluster)
    for _ in range(40):
        next(results)
    time.sleep(0.2)
    assert cluster._client.run_on_scheduler(held) <= cluster.ahead + 4  # and the work itself
    results.close()


@pytest.mark.parametrize("early", [False, True])
def test_nothing_is_left_behind(
    works: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    children: Children,
    wait_until: Wait,
    early: bool,
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = children()
    begun = time.monotonic()
    try:
        with Dask(1) as engine:
            records = ["a", *(["sleep 600"] * 5 if early else "bcdef")]
            results = map_blocks(works.Upper(tmp_path), numbered(works, records, 1), engine=engine)
            assert next(results) == ["A"]
            assert len(children() - before) == 1
            assert listening() <= {"0100007F"}
            if early:
                wait_until(lambda: bool(list(tmp_path.glob("sleeps-*"))))
                raise KeyboardInterrupt
            assert len(list(results)) == 5
    except KeyboardInterrupt:
        assert early
    assert time.monotonic() - begun < 30
    assert children() == before
    assert list(scratch.iterdir()) == []


def listening() -> set[str]:
    """The addresses, as hexadecimal, on which this process accepts connections."""
    inodes = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
        except OSError:
            continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1].split(":")[0])
    return found


def test_addresses_that_lead_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_engine, "CONNECT", 1)
    with (
        pytest.raises(TextkitError, match=r"^tcp://127.0.0.1:9: no Dask scheduler answers there; check the"),
        Dask(1, "tcp://127.0.0.1:9"),
    ):
        pass
    with pytest.raises(UsageError, match=r"^post://x:1: not the address of a Dask"), Dask(1, "post://x:1"):
        pass


def test_a_scheduler_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    import distributed

    monkeypatch.setattr(dask_engine, "CONNECT", 1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(
            TextkitError, match=r"^tcp://.*: no worker within 1 seconds; start one: dask worker tcp://"
        ),
        Dask(1, empty.scheduler_address),
    ):
        pass


def test_a_scheduler_that_goes_away(works: ModuleType, tmp_path: Path) -> None:
    import distributed

    blocks = numbered(works, ["sleep 0.2"] * 20, 1)
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as far,
        pytest.raises(TextkitError, match=r"^tcp://.*: the scheduler went away; start it again, then this"),
        Dask(1, far.scheduler_address) as engine,
    ):
        for _ in map_blocks(works.Upper(tmp_path), blocks, engine=engine):
            far.close()


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UsageError, match=r"needs the package distributed: pip install 'textkit-nlp\[dask\]'$"),
        Dask(1),
    ):
        pass
