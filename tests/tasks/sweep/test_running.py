"""Trials in processes of their own: done once each, whatever fails, stops or is killed.

The trainings are a small program that writes what a training writes, and does what its behaviour says.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from textkit.errors import CheckpointError, Interrupted
from textkit.tasks.sweep import running
from textkit.tasks.sweep.plan import Trial
from textkit.tasks.sweep.running import Running
from textkit.tasks.sweep.table import rows
from textkit.tasks.sweep.trials import JOURNAL, Journal, Measure, Outcome
from textkit.train.lock import alone_in

TRAINING = """
import json, os, pathlib, signal, sys, threading, time
run, does, number, resume = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "True"
def write(**more):
    run.mkdir(exist_ok=True)
    saved = {"step": 1, "weights": "last-1.safetensors", "state": "last-1.state.pt"}
    files = {saved[key]: {"sha256": ""} for key in ("weights", "state")}
    document = {"format": 1, "kind": "tagger", "files": files, "last": saved, **more}
    run.with_suffix(".tmp").write_text(json.dumps(document))
    run.with_suffix(".tmp").rename(run / "manifest.json")
def stop(*_):
    run.with_suffix(".stopped").write_text("")
    os._exit(143)
with run.with_suffix(".calls").open("a") as calls:
    calls.write("goes on\\n" if resume else "begins\\n")
signal.signal(signal.SIGTERM, stop)
if does == "fails":
    sys.exit("a first line\\ntextkit: error: no such luck")
if does == "dies":
    os.kill(os.getpid(), signal.SIGKILL)
if does == "meets":
    until = time.monotonic() + 20
    while len(list(run.parent.glob("*.calls"))) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(list(run.parent.glob("*.calls"))) == 2
if does == "waits" and not resume:
    def watch():
        os.read(0, 1)
        stop()
    threading.Thread(target=watch, daemon=True).start()
    write()
    time.sleep(60)
if does != "nothing":
    write(results={"dev": {"f1": number / 10}, "test": {"f1": 0.99}})
"""
MEASURE = Measure("f1", "dev", higher=True)


def trials(*behaviours: str) -> list[Trial]:
    varied = [{"does": does, "number": number} for number, does in enumerate(behaviours, 1)]
    return [Trial(own["number"], own, own) for own in varied]


def make(folder: Path, plan: list[Trial]) -> Running:
    folder.mkdir(exist_ok=True)

    def command(trial: Trial, resume: bool) -> list[str]:
        given = [str(folder / trial.name), trial.varied["does"], str(trial.number), str(resume)]
        return [sys.executable, "-S", "-E", "-c", TRAINING, *given]

    return Running(Journal.open(folder, {"trials": [each.varied for each in plan]}), MEASURE, command)


def calls(folder: Path, trial: Trial) -> list[str]:
    return (folder / f"{trial.name}.calls").read_text().splitlines()


def test_what_fails_ends_nothing_but_itself_and_nothing_is_done_twice(tmp_path: Path) -> None:
    plan = trials("fails", "finishes", "dies", "nothing", "finishes")
    sweep = make(tmp_path / "sweep", plan)
    sweep.run(plan, jobs=2)
    table = rows(plan, Journal.open(sweep.journal.folder, sweep.journal.document["plan"]).outcomes, MEASURE)
    assert table[0] == ["trial", "does", "number", "dev f1", "seconds", "state"]
    assert [(row[0], row[3], row[5]) for row in table[1:]] == [
        ("trial-005", "0.5000", "finished"),
        ("trial-002", "0.2000", "finished"),
        ("trial-001", "", "failed: no such luck"),
        ("trial-003", "", "failed: killed by signal 9"),
        ("trial-004", "", "failed: ended without results"),
    ]
    assert not any("0.99" in cell for row in table for cell in row)
    make(tmp_path / "sweep", plan).run(plan)
    assert [len(calls(tmp_path / "sweep", trial)) for trial in plan] == [1] * 5
    make(tmp_path / "sweep", plan).run(plan, again=True)
    assert [len(calls(tmp_path / "sweep", trial)) for trial in plan] == [2, 1, 2, 2, 1]


def test_so_many_are_at_work_at_the_same_time(tmp_path: Path) -> None:
    plan = trials("meets", "meets")
    sweep = make(tmp_path / "sweep", plan)
    sweep.run(plan, jobs=2)
    assert {each.state for each in sweep.journal.outcomes.values()} == {"finished"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wish_to_stop_is_passed_on_and_the_next_run_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    folder, plan = tmp_path / "sweep", trials("finishes", "waits", "finishes")
    sweep = make(folder, plan)

    def stop() -> None:
        _wait_for(folder / "trial-002" / "manifest.json")
        os.kill(os.getpid(), number)

    threading.Thread(target=stop).start()
    with pytest.raises(Interrupted, match="stopped with 2 of 3 trials to go; nothing is lost") as stopped:
        sweep.run(plan)
    assert stopped.value.status == 128 + number
    assert (folder / "trial-002.stopped").exists()
    assert Journal.open(folder, sweep.journal.document["plan"]).outcomes["trial-002"].state == "interrupted"
    again = make(folder, plan)
    again.run(plan)
    assert calls(folder, plan[0]) == ["begins"]
    assert calls(folder, plan[1]) == ["begins", "goes on"]
    assert [again.journal.outcomes[trial.name].figure for trial in plan] == [0.1, 0.2, 0.3]


def test_a_sweep_that_is_killed_takes_its_trials_along_and_can_go_on(tmp_path: Path) -> None:
    folder, plan = tmp_path / "sweep", trials("finishes", "waits")
    program = (
        "import importlib.util, pathlib, sys\n"
        "spec = importlib.util.spec_from_file_location('here', sys.argv[1])\n"
        "here = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(here)\n"
        "plan = here.trials('finishes', 'waits')\n"
        "here.make(pathlib.Path(sys.argv[2]), plan).run(plan)\n"
    )
    sweep = subprocess.Popen([sys.executable, "-c", program, __file__, str(folder)])
    _wait_for(folder / "trial-002" / "manifest.json")
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()
    again = make(folder, plan)
    again.run(plan)  # it waits for what is still at work
    assert (folder / "trial-002.stopped").exists()
    assert calls(folder, plan[0]) == ["begins"]
    assert calls(folder, plan[1]) == ["begins", "goes on"]


def test_what_a_killed_sweep_could_not_write_down_is_found(tmp_path: Path) -> None:
    folder, plan = tmp_path / "sweep", trials("finishes", "finishes")
    make(folder, plan).run(plan)
    document = json.loads((folder / JOURNAL).read_text())
    del document["digest"]
    del document["trials"]["trial-001"]
    (folder / JOURNAL).write_text(json.dumps(document))
    again = make(folder, plan)
    again.run(plan)
    assert again.journal.outcomes["trial-001"] == Outcome("finished", 0.1)
    assert calls(folder, plan[0]) == ["begins"]


def test_half_of_a_run_is_removed_before_it_begins_anew(tmp_path: Path) -> None:
    folder, plan = tmp_path / "sweep", trials("finishes")
    sweep = make(folder, plan)
    for left in (folder / "trial-001", folder / ".trial-001.abc"):
        left.mkdir()
        (left / "half").write_text("")
    sweep.run(plan)
    assert sorted(each.name for each in folder.iterdir() if each.is_dir()) == ["trial-001"]
    assert [each.name for each in (folder / "trial-001").iterdir()] == ["manifest.json"]


def test_a_damaged_run_is_a_failure_of_that_trial(tmp_path: Path) -> None:
    folder, plan = tmp_path / "sweep", trials("finishes", "finishes")
    sweep = make(folder, plan)
    (folder / "trial-001").mkdir()
    (folder / "trial-001" / "manifest.json").write_text("{")
    sweep.run(plan)
    assert [sweep.journal.outcomes[trial.name].state for trial in plan] == ["failed", "finished"]
    assert "manifest.json: damaged" in sweep.journal.outcomes["trial-001"].message


def test_two_sweeps_do_not_work_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WAIT_SECONDS", 0.0)
    plan = trials("finishes")
    sweep = make(tmp_path / "sweep", plan)
    with (
        alone_in(tmp_path / "sweep"),
        pytest.raises(CheckpointError, match="another sweep is at work in this"),
    ):
        sweep.run(plan)


def test_another_plan_is_refused_with_what_changed(tmp_path: Path) -> None:
    Journal.open(tmp_path, {"settings": {"epochs": 3}, "measure": "f1"})
    with pytest.raises(
        CheckpointError, match="differs in its settings: epochs is now 4, it was 3; take that"
    ):
        Journal.open(tmp_path, {"settings": {"epochs": 4}, "measure": "f1"})
    with pytest.raises(CheckpointError, match="differs in its measure: it is now 'accuracy', it was 'f1'"):
        Journal.open(tmp_path, {"settings": {"epochs": 3}, "measure": "accuracy"})
    (tmp_path / JOURNAL).write_text("[1]")
    with pytest.raises(CheckpointError, match=r"sweep.json: damaged, or of another version of textkit"):
        Journal.open(tmp_path, {})


def test_results_without_the_figure_are_a_failure(tmp_path: Path) -> None:
    plan = trials("finishes")
    sweep = make(tmp_path / "sweep", plan)
    sweep.measure = Measure("bleu", "dev", higher=True)
    sweep.run(plan)
    outcome = sweep.journal.outcomes["trial-001"]
    assert outcome.state == "failed"
    assert "its results on dev have no bleu" in outcome.message


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.01)


def test_a_message_with_half_a_character_is_kept(tmp_path: Path) -> None:
    """A file's name that is not UTF-8 holds one, and errors name files."""
    outcome = Outcome("failed", message="\udce9t\udce9: no such file")
    Journal.open(tmp_path, {}).put("trial-001", outcome)
    assert Journal.open(tmp_path, {}).outcomes == {"trial-001": outcome}
    assert b"\\udce9t" in (tmp_path / JOURNAL).read_bytes()
