"""Every reader and parser on files that are nearly sound, on noise, and on all that ever broke one.

TEXTKIT_FUZZ_EXAMPLES asks for more of them; run.py goes on for as long as one likes, guided by coverage.
"""

from __future__ import annotations

import functools
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fuzz_engine import FOUND, Watch, found_cases, limited, memory_of
from fuzz_targets import targets
from fuzz_targets.mutation import mutated
from fuzz_targets.target import ROOM, Broken, Target, check_message, holds, refusing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textkit.errors import CheckpointError, InputError

EXAMPLES = int(os.environ.get("TEXTKIT_FUZZ_EXAMPLES", "12"))
TARGETS = targets()
PATIENCE = 6  # times the seconds of a target, for machines that do other work too

CASES = [(name, case) for name in TARGETS for case in found_cases(name)]


@functools.cache
def _seeds(name: str) -> tuple[bytes, ...]:
    return tuple(TARGETS[name].seeds().values())


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(chance=st.randoms(use_true_random=False), noise=st.binary(max_size=64))
def test_only_what_is_documented_is_raised(
    name: str, chance: random.Random, noise: bytes, scratch: Path
) -> None:
    target = TARGETS[name]
    changed = mutated(chance.choice(_seeds(name)), chance, words=target.words, longest=target.longest)
    for data in (changed, noise):
        target.read(data, scratch)


@pytest.mark.parametrize("name", TARGETS)
def test_sound_files_take_the_time_and_memory_that_is_stated(name: str, scratch: Path) -> None:
    target = TARGETS[name]
    for data in _seeds(name):
        target.read(data, scratch)  # which loads what it needs
        with limited(PATIENCE * target.seconds):
            assert memory_of(target, data, scratch) <= target.limit(len(data))


@pytest.mark.parametrize(("name", "case"), CASES, ids=".".join)
def test_what_once_broke_a_reader_does_so_no_more(name: str, case: str, scratch: Path) -> None:
    target, data = TARGETS[name], found_cases(name)[case]
    target.read(_seeds(name)[0], scratch)
    with limited(PATIENCE * target.seconds):
        target.read(data, scratch)
    if target.room == ROOM:  # else it is a library that takes so much, which takes its time
        assert memory_of(target, data, scratch) <= target.limit(len(data))


def test_every_case_that_is_kept_belongs_to_a_target() -> None:
    kept = {path.name for path in FOUND.iterdir()}
    assert kept == {f"{name}.{case}" for name, case in CASES}


# That faults are seen


def test_a_message_is_one_line() -> None:
    class TwoLines(InputError):  # noqa: N818 - an error of a test
        def __str__(self) -> str:
            return "f.txt:1: bad\nworse"

    with pytest.raises(Broken, match="2 lines"):
        check_message(TwoLines())
    with pytest.raises(Broken, match="0 lines"):
        check_message(InputError(""))
    with pytest.raises(Broken, match="characters"):
        check_message(InputError("x" * 5000))
    with pytest.raises(CheckpointError), refusing(InputError):
        raise CheckpointError("another kind")


_SLOW_UNTIL = [0.0]


def _planted(data: bytes, folder: Path) -> None:
    """A reader with a fault of every kind."""
    if data.startswith(b"["):
        int(data)
    while data.startswith(b"slow") and time.process_time() < _SLOW_UNTIL[0]:
        pass
    if data.startswith(b"large"):
        bytes(80 << 20).count(1)
    holds(not data.startswith(b"broken"), "a property")


def test_a_watch_sees_what_is_wrong_and_names_it_once(tmp_path: Path) -> None:
    target = Target("planted", "", _planted, dict, seconds=0.3)
    watch = Watch(target, tmp_path, tmp_path)
    watch.settle()
    _SLOW_UNTIL[0] = time.process_time() + 1.0
    for data in (b"[1", b"[2", b"broken", b"slow"):
        watch(data)
    for data in (b"sound", b"large"):  # as if half of the memory of an input were new
        watch.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - 3 * ROOM // 2
        watch(data)
    found = " ".join(watch.findings.values())
    assert len(watch.findings) == 4, found
    for told in ("ValueError", "Broken: a property", "seconds for 4 bytes", "MiB for 5 bytes"):
        assert told in found
    assert json.loads((tmp_path / "findings.json").read_text()) == watch.findings


def test_an_input_that_never_ends_is_given_up() -> None:
    with pytest.raises(Broken, match="seconds"), limited(0.02):
        while True:
            pass


def test_mutation_changes_a_file_and_keeps_to_its_length() -> None:
    chance = random.Random(0)
    made = {mutated(b'{"a": [1, true]}\nb\n', chance, words=(b"w",), longest=30) for _ in range(300)}
    assert len(made) > 200
    assert max(map(len, made)) == 30


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["own", "atheris"])
def test_the_driver_ends_with_a_table(engine: str, tmp_path: Path) -> None:
    if engine == "atheris":
        pytest.importorskip("atheris")
    command = [sys.executable, str(Path(__file__).parent / "run.py"), "--minutes", "0.05", "--engine", engine]
    ran = subprocess.run(
        [*command, "--only", "log", "--folder", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].startswith(f"| log | {engine} | ")
    assert ran.stdout.splitlines()[-1].endswith("| none |")
