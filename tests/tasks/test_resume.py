"""Training interrupted at any moment and resumed equals training that never stopped, bit for bit."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.errors import Interrupted
from textkit.tasks.language_model import make_config, resume, train
from textkit.train.checkpoint import RunFolder
from textkit.train.log import Log
from textkit.train.progress import Progress

SETTINGS: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 4,
    "steps": 7,
    "embedding": 12,
    "hidden": 12,
    "layers": 2,
    "dropout": 0.3,
    "log_every": 3,
    "optimizer": "adamw",
    "learning_rate": 0.02,
    "schedule": "plateau",
    "decay": 0.5,
    "patience": 2,
}


def lines(count: int = 60) -> list[str]:
    generator = random.Random(5)
    return [
        " ".join(generator.choice("abcdef") for _ in range(generator.randrange(0, 9))) for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("model", "sampling"), [("rnn", "random"), ("gru", "sequential"), ("lstm", "sequential")]
)
def test_interrupted_and_resumed_equals_uninterrupted(
    tmp_path: Path, model: str, sampling: str, fingerprint: Any, interrupt_at: Any
) -> None:
    config = make_config({"model": model, "sampling": sampling, **SETTINGS})
    whole = train(lines(), config, out=tmp_path / "whole", test=["a b c"])
    total = RunFolder.open(tmp_path / "whole").state()["progress"]["step"]
    per_epoch = total // 3
    # In mid-epoch, at a log record, at the last step of an epoch, and at the very last step.
    stops = {2, 3, per_epoch, per_epoch + 1, total - 1, total}
    watch = interrupt_at(stops, signal.SIGTERM if sampling == "random" else signal.SIGINT)
    with pytest.raises(Interrupted, match=r"nothing is lost; go on with: textkit train-lm --resume"):
        train(lines(), config, out=tmp_path / "cut", test=["a b c"], watch=watch)
    while True:
        try:
            scores = resume(tmp_path / "cut", watch=watch)
            break
        except Interrupted as interruption:
            assert interruption.status in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert not stops
    assert fingerprint(tmp_path / "cut") == fingerprint(tmp_path / "whole")
    assert scores == whole


VARIANTS: dict[str, dict[str, Any]] = {
    "schedule": {"schedule": "one-cycle", "warmup": 4, "accumulate": 2},
    "averaging": {"optimizer": "nt-asgd", "learning_rate": 5.0, "nonmonotone": 1, "validate_every": 4},
    "lines": {"sampling": "lines", "model": "gru"},
    "vary": {"sampling": "sequential", "vary_steps": True, "steps": 12, "weight_drop": 0.3, "locked": True},
    "transformer": {"model": "transformer", "hidden": None, "heads": 2, "validate_every": 10},
    "muon": {"optimizer": "muon", "sampling": "random"},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_way_of_training_resumes_exactly(
    tmp_path: Path, variant: str, fingerprint: Any, interrupt_at: Any
) -> None:
    settings = {"model": "lstm", **SETTINGS, "patience": 99, **VARIANTS[variant]}
    config = make_config({name: value for name, value in settings.items() if value is not None})
    train(lines(), config, out=tmp_path / "whole")
    total = RunFolder.open(tmp_path / "whole").state()["progress"]["step"]
    stops = {1, total // 3, total // 2 + 1, total - 1}
    watch = interrupt_at(stops, signal.SIGTERM)
    with pytest.raises(Interrupted):
        train(lines(), config, out=tmp_path / "cut", watch=watch)
    while stops:
        with pytest.raises(Interrupted):
            resume(tmp_path / "cut", watch=watch)
    resume(tmp_path / "cut")
    assert fingerprint(tmp_path / "cut") == fingerprint(tmp_path / "whole")


@pytest.mark.slow
def test_killed_at_ten_random_moments_the_weights_are_the_same(tmp_path: Path, fingerprint: Any) -> None:
    """Real processes, really killed (SIGKILL), while they train, validate, save or begin."""
    text = tmp_path / "text"
    text.write_text("\n".join(lines(600)))
    command = [sys.executable, "-m", "textkit_cli", "train-lm"]
    options = [
        "--model=lstm",
        "--embedding=24",
        "--hidden=24",
        "--dropout=0.3",
        "--batch-size=4",
        "--steps=5",
    ]
    often = [
        "--epochs=25",
        "--validate-every=40",
        "--patience=999",
        "--save-seconds=0.02",
        "--precision=fp32",
    ]
    fresh = [*command, str(text), *options, *often, "-o"]
    subprocess.run([*fresh, str(tmp_path / "whole")], check=True, capture_output=True)
    run, chance, killed = tmp_path / "cut", random.Random(9), 0
    start = [*fresh, str(run)]
    while killed < 10:
        with subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            before = last_step(run)
            while process.poll() is None and last_step(run) <= before:
                time.sleep(0.02)
            time.sleep(chance.uniform(0, 0.7))
            assert process.poll() is None, "it ended before it was killed ten times"
            process.kill()
        killed += 1
        start = [*command, "--resume", str(run)]
    subprocess.run(start, check=True, capture_output=True)
    assert fingerprint(run) == fingerprint(tmp_path / "whole")
    names = {path.name for path in run.iterdir() if path.name.startswith(("best-", "last-", "."))}
    assert names - {".lock"} <= RunFolder.open(run).document["files"].keys()


def last_step(run: Path) -> int:
    """Where the run on disk stands; -1 before it is there."""
    try:
        return int(json.loads((run / "manifest.json").read_text()).get("last", {"step": -1})["step"])
    except OSError:
        return -1


def test_more_epochs_equal_having_asked_for_them_at_once(tmp_path: Path, fingerprint: Any) -> None:
    patient = {**SETTINGS, "model": "lstm", "patience": 10}
    train(lines(), make_config({**patient, "epochs": 2}), out=tmp_path / "two")
    resume(tmp_path / "two", epochs=4)
    train(lines(), make_config({**patient, "epochs": 4}), out=tmp_path / "four")
    assert fingerprint(tmp_path / "two") == fingerprint(tmp_path / "four")


def test_a_killed_run_resumes_from_its_last_save(tmp_path: Path, fingerprint: Any) -> None:
    """Nothing may depend on an orderly end: a run that just stops writing is resumed all the same."""

    class Killed(BaseException):
        pass

    def kill(progress: Progress, _steps: int) -> None:
        if progress.step == 17:
            raise Killed

    config = make_config({"model": "gru", **SETTINGS})
    train(lines(), config, out=tmp_path / "whole")
    with pytest.raises(Killed):
        train(lines(), config, out=tmp_path / "cut", watch=kill)
    resume(tmp_path / "cut")
    assert fingerprint(tmp_path / "cut") == fingerprint(tmp_path / "whole")


def test_early_stopping_keeps_the_best(tmp_path: Path) -> None:
    config = make_config({**SETTINGS, "model": "lstm", "epochs": 60, "learning_rate": 0.1, "dropout": 0.0})
    train(lines(30), config, out=tmp_path / "run")
    run = RunFolder.open(tmp_path / "run")
    losses = [r["valid_loss"] for r in Log(run.path / "log.jsonl").records() if "valid_loss" in r]
    assert len(losses) < 60
    assert len(losses) - 1 - int(np.argmin(losses)) == config.patience
    assert run.info("best")["valid_loss"] == min(losses)
    assert run.document["results"]["valid"]["log_prob"] == pytest.approx(
        -min(losses) * run.document["results"]["valid"]["tokens"]
    )


def test_learning_rate_falls_after_a_worse_epoch(tmp_path: Path) -> None:
    config = make_config({**SETTINGS, "model": "rnn", "epochs": 8, "learning_rate": 0.1, "patience": 8})
    train(lines(30), config, out=tmp_path / "run")
    records = [r for r in Log(tmp_path / "run" / "log.jsonl").records() if "valid_loss" in r]
    best, expected = np.inf, 0.1
    for record in records:
        assert record["learning_rate"] == pytest.approx(expected)
        if record["valid_loss"] >= best:
            expected *= 0.5
        best = min(best, record["valid_loss"])
    assert expected < 0.1


def test_a_run_killed_in_its_first_steps_begins_anew(tmp_path: Path, fingerprint: Any) -> None:
    class Killed(BaseException):
        pass

    def kill(progress: Progress, _steps: int) -> None:
        if progress.step == 5:
            raise Killed

    config = make_config({"model": "gru", **SETTINGS})
    train(lines(), config, out=tmp_path / "whole")
    with pytest.raises(Killed):
        train(lines(), config, out=tmp_path / "cut", watch=kill)
    assert RunFolder.open(tmp_path / "cut").info("last")["step"] == 0
    with (tmp_path / "cut" / "log.jsonl").open("a") as file:
        file.write('{"step": 6, "per')
    resume(tmp_path / "cut")
    assert fingerprint(tmp_path / "cut") == fingerprint(tmp_path / "whole")
