"""Commands that are killed while they work: nothing is lost, and what goes on gives what was due.

By default a few seeded moments of each command; TEXTKIT_ROUNDS=N tries N of each command and signal, and
`-m slow` every kind of step that changes files. TEXTKIT_SEED=N takes other moments.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from crash_cases import FILES, ONCE, TRAININGS, Case, write_texts
from crash_checks import Whole, finished, measured, stopped
from crash_commands import Commands, Ended, Place
from crash_moments import STEPS, kinds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs fork and /proc")
ROUNDS = int(os.environ.get("TEXTKIT_ROUNDS", "1"))
SEED = int(os.environ.get("TEXTKIT_SEED", "1"))
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
CASES = [*FILES, *ONCE, *TRAININGS]


class Laboratory:
    """The texts, the server of commands, and what each case gives when nothing stops it."""

    def __init__(self, folder: Path, commands: Commands) -> None:
        self.folder, self.commands, self.texts = folder, commands, folder / "texts"
        write_texts(self.texts)
        self._whole: dict[str, Whole] = {}
        self._places = 0

    def place(self, case: Case) -> Place:
        """A new one, prepared for a case."""
        self._places += 1
        return case.prepare(Place.made(self.folder / f"{case.name}-{self._places}"))

    def whole(self, case: Case) -> Whole:
        """What it gives: run once."""
        if case.name not in self._whole:
            place, began = self.place(case), time.monotonic()
            ended = self.commands.run(case.arguments(self.texts), place, watched=True)
            assert (ended.status, ended.errors) == (0, ""), ended
            steps = (place.path / STEPS).read_text().splitlines()
            self._whole[case.name] = measured(case, place, steps=steps, seconds=time.monotonic() - began)
        return self._whole[case.name]

    def stopped_at(self, case: Case, at: int, number: int) -> bool:
        """Stop a case before a step, check, go on to the end and check again; False where it had ended."""
        place, whole = self.place(case), self.whole(case)
        ended = self.commands.run(case.arguments(self.texts), place, at=at, number=number)
        if stopped(case, place, ended, whole, number=number):
            return False
        finished(case, place, whole, self.commands, self.texts)
        return True

    def stopped_after(self, case: Case, seconds: float, number: int, *, again: float = 0) -> bool:
        """The same at a moment in time; the signal comes twice where `again` says after how many seconds."""
        place, whole = self.place(case), self.whole(case)
        process = self.commands.start(case.arguments(self.texts), place)
        time.sleep(seconds)
        _send(process, number)
        if again:
            time.sleep(again)
            _send(process, number)
        if stopped(case, place, self.commands.wait(process, place), whole, number=number):
            return False
        finished(case, place, whole, self.commands, self.texts)
        return True


def _send(process: int, number: int) -> None:
    """To a process that may have ended, but was not waited for: its number is still its own."""
    os.kill(process, number)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    commands = Commands()
    yield Laboratory(tmp_path_factory.mktemp("crashes"), commands)
    commands.close()


def wait_for(path: Path) -> None:
    """A minute at most."""
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path} does not come"
        time.sleep(0.05)


def dice(*words: object) -> random.Random:
    return random.Random(" ".join(map(str, (SEED, *words))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_stopped_before_some_step_nothing_is_lost(laboratory: Laboratory, case: Case) -> None:
    rolls, steps = dice("steps", case.name), laboratory.whole(case).steps
    for _ in range(ROUNDS):
        laboratory.stopped_at(case, rolls.randrange(len(steps)), rolls.choice(SIGNALS))


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[pytest.mark.slow] * (case.name != "lstm")) for case in TRAININGS],
    ids=lambda case: case.name,
)
def test_killed_again_and_again_it_is_the_same_in_the_end(laboratory: Laboratory, case: Case) -> None:
    rolls, whole, place = dice("again", case.name), laboratory.whole(case), laboratory.place(case)
    arguments, texts = case.arguments(laboratory.texts), laboratory.texts
    for _ in range(3 * ROUNDS):
        number, seen = rolls.choice(SIGNALS), place.names()
        ended = laboratory.commands.run(arguments, place, at=rolls.randrange(80, 200), number=number)
        if stopped(case, place, ended, whole, number=number, seen=seen):
            return
        arguments = case.going_on(texts, place)
    finished(case, place, whole, laboratory.commands, texts)


@pytest.mark.parametrize("case", TRAININGS[:2], ids=lambda case: case.name)
def test_a_second_training_is_refused_and_a_dead_one_is_not_waited_for(
    laboratory: Laboratory, case: Case
) -> None:
    commands, place, words = laboratory.commands, laboratory.place(case), case.arguments(laboratory.texts)
    process = commands.start([*words, "--epochs", "300", "--patience", "300"], place)
    run, other = place.work / case.out, Place(place.path / "other")
    wait_for(run / "log.jsonl")
    other.path.mkdir()
    (other.path / "tmp").mkdir()
    (other.path / "work").symlink_to(place.work)  # the same folder, with messages of its own
    busy = "run: another training is at work in this run; wait for it, or end it"
    resumed = commands.run(str(case.resume).split(), other)
    again = commands.run(words, other)
    _send(process, signal.SIGKILL)
    assert resumed == Ended(1, f"textkit: error: {busy}\n")
    assert again.errors.startswith("textkit: error: run: ")
    assert again.errors.endswith("name another folder\n")
    assert commands.wait(process, place).status == -signal.SIGKILL
    assert commands.run([*str(case.resume).split(), "--epochs", "1"], place) == Ended(0, "")


@pytest.mark.slow
@pytest.mark.timeout(3600)  # a training is gone on with after each of some dozens of stops
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_stopped_before_every_kind_of_step(
    laboratory: Laboratory, case: Case, number: signal.Signals
) -> None:
    for places in kinds(laboratory.whole(case).steps).values():
        for at in sorted({places[0], places[-1]}):
            laboratory.stopped_at(case, at, number)


@pytest.mark.skipif(ROUNDS == 1, reason="TEXTKIT_ROUNDS asks for it")
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_stopped_at_any_moment_nothing_is_lost(
    laboratory: Laboratory, case: Case, number: signal.Signals
) -> None:
    rolls, whole = dice("moments", case.name, number), laboratory.whole(case)
    for _ in range(ROUNDS):
        twice = number == signal.SIGINT and rolls.random() < 0.3
        again = rolls.choice([0.05, 2.2]) if twice else 0
        laboratory.stopped_after(case, rolls.uniform(0, whole.seconds), number, again=again)
