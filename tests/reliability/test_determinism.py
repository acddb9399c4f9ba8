"""The same command twice, the same bytes: stdout and every file of every command.

Two processes answer commands (see `resource_server`). The second has another hash seed, another folder and
another one for temporary files, a clock eleven years later, and lists folders the other way round; workers
and trials that it starts have all that too. Whatever is a time stands in files and fields of that name.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from determinism_cases import CASES, TIMED, TIMES, TOLD, TRAINED, Case
from resource_inputs import TRAININGS, write_inputs
from resource_server import Server

from textkit_cli.main import COMMANDS

OTHER_MACHINE = """
import os, time
_now, _ns, _listdir, _scandir = time.time, time.time_ns, os.listdir, os.scandir
time.time = lambda: _now() + 11 * 365 * 86400
time.time_ns = lambda: _ns() + 11 * 365 * 86400 * 10**9
os.listdir = lambda *path: sorted(_listdir(*path), reverse=True)
class _Entries(list):
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def __next__(self):
        if self: return self.pop(0)
        raise StopIteration
    def close(self): pass
os.scandir = lambda *path: _Entries(sorted(_scandir(*path), key=lambda entry: entry.name, reverse=True))
"""


class Machine(NamedTuple):
    """A server and the folder with its inputs and models."""

    server: Server
    folder: Path
    jobs: int

    def run(self, case: Case) -> dict[str, Any]:
        """What a command leaves: standard output and files, by name."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        arguments = shlex.split(case.command.format(jobs=self.jobs))
        ran = self.server.run(*arguments, cwd=self.folder)
        assert ran.status == 0, ran.err
        return {"stdout": _table(ran.out) if b"seconds" in ran.out else ran.out, **contents(out)}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Machine]]:
    """The same, but for all that must not matter."""
    if sys.platform == "win32":
        pytest.skip("needs fork")
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other") / "deeper" / "still"
    other.mkdir(parents=True)
    (site := other.parent / "site").mkdir()
    (site / "sitecustomize.py").write_text(OTHER_MACHINE)
    (temporary := other.parent / "temporary").mkdir()
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    different = {"PYTHONHASHSEED": "4242", "PYTHONPATH": path, "TMPDIR": str(temporary), "LC_ALL": "C"}
    for folder in (one, other):
        write_inputs(folder)
        (folder / "few.tsv").write_text("label\ttext\ngood\tthe cat up\nbad\tthe dog down\n")
        lines = (folder / "text.txt").read_text("utf-8").splitlines()
        (folder / "other.txt").write_text("".join(f"{line} x\n" for line in lines), "utf-8")
    with Server(one, PYTHONHASHSEED="1") as first, Server(other, **different) as second:
        for server in (first, second):
            server.run("--version")  # answered when the models are trained
        for folder in (one, other):  # a report shows how fast a training was, so it is one of the same run
            shutil.copytree(one / "lstm", folder / "timed")
        yield Machine(first, one, 1), Machine(second, other, 2)
    assert not [path for path in temporary.iterdir() if path.name.startswith("textkit")]


def contents(folder: Path) -> dict[str, Any]:
    """Every file in a folder by its name: bytes, less the times."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in TIMED)
    return {str(path.relative_to(folder)): timeless(path) for path in files}


def timeless(path: Path) -> Any:
    """What a file holds; of a log and a journal all but the times."""
    if path.name == "log.jsonl":
        return [_without_times(json.loads(line)) for line in path.read_text().splitlines()]
    if path.name == "sweep.json":
        journal = _without_times(json.loads(path.read_text()))
        return {name: value for name, value in journal.items() if name != "digest"}  # it covers the times
    return _table(path.read_bytes()) if path.name == "sweep.tsv" else path.read_bytes()


def _table(data: bytes) -> list[list[str]]:
    """The cells of a table, without its column of seconds."""
    rows = [re.split(r"\t|  +", line) for line in data.decode().splitlines()]
    column = rows[0].index("seconds")
    return [row[:column] + row[column + 1 :] for row in rows]


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name for name in value if name not in TIMES and not name.endswith("_per_second")}
        return {name: _without_times(each) for name, each in value.items() if name in kept}
    return value


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Raise, with the names of what differs, unless both are the same."""
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_leaves_the_same_files(machines: tuple[Machine, Machine], name: str) -> None:
    one, other = (contents(machine.folder / name) for machine in machines)
    assert {"manifest.json", "config.toml"} < one.keys()
    same(one, other)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.slow] if case.slow else [], id=case.command[:60])
        for case in CASES
    ],
)
def test_a_command_gives_the_same_bytes(machines: tuple[Machine, Machine], case: Case) -> None:
    if case.needs and importlib.util.find_spec(case.needs) is None:
        pytest.skip(f"needs {case.needs}")
    one, other = (machine.run(case) for machine in machines)
    assert len(one) > 1 or one["stdout"]
    same(one, other)


def test_every_command_is_compared() -> None:
    compared = {case.command.split()[0] for case in CASES} | TRAINED
    assert compared | TOLD.keys() >= set(COMMANDS), "add the new command to determinism_cases.py"


@pytest.mark.parametrize("change", [{"manifest.json": b"{}"}, {"more": b""}, {"log.jsonl": [{"loss": 1.0}]}])
def test_a_difference_is_seen(change: dict[str, Any]) -> None:
    files = {"manifest.json": b"{ }", "log.jsonl": [{"loss": 1.5}]}
    with pytest.raises(AssertionError):
        same(files, files | change)
