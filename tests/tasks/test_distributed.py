"""`torchrun ... textkit train-lm`: two processes train what one would, stop, die and resume together."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textkit.errors import CheckpointError, UsageError
from textkit.tasks.language_model import make_config, resume, train
from textkit.train.checkpoint import RunFolder
from textkit.train.log import Log

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
TRAIN = ["-m", "textkit_cli", "train-lm"]
SETTINGS: dict[str, Any] = {
    "model": "lstm", "epochs": 2, "batch_size": 6, "steps": 7, "embedding": 12, "hidden": 12,
    "accumulate": 2, "optimizer": "sgd", "learning_rate": 2.0, "weight_decay": 0.0, "tied": False,
    "log_every": 3, "precision": "fp32", "device": "cpu",
}  # fmt: skip


def options(**more: Any) -> list[str]:
    given = {k: v for k, v in (SETTINGS | more).items() if k != "tied"}
    return ["--no-tied", *(f"--{name.replace('_', '-')}={value}" for name, value in given.items())]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    generator = random.Random(5)
    lines = (" ".join(generator.choices("abcdef", k=generator.randrange(9))) for _ in range(150))
    path = tmp_path / "text"
    path.write_text("\n".join(lines) + "\n")
    return path


def start(*arguments: str, **popen: Any) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    return subprocess.Popen(
        [*TORCHRUN, *TRAIN, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **popen,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    return out, err


def state(path: Path) -> dict[str, Any]:
    run = RunFolder.open(path)
    weights = {role: {k: v.tobytes() for k, v in run.arrays(role).items()} for role in ("best", "last")}
    generators = [each["generators"]["cpu"].numpy().tobytes() for each in run.state()["processes"]]
    return {"weights": weights, "generators": generators, "results": run.document["results"]}


def test_two_processes_learn_as_one(tmp_path: Path, text: Path) -> None:
    process = start(str(text), "-o", str(tmp_path / "two"), *options(dropout=0.0))
    out, err = finish(process)
    config = make_config(SETTINGS | {"dropout": 0.0})
    train(text.read_text().splitlines(), config, out=tmp_path / "one")
    one, two = (Log(tmp_path / name / "log.jsonl").records() for name in ("one", "two"))
    assert [r["step"] for r in two] == [r["step"] for r in one]
    for key in ("loss", "gradient_norm", "valid_loss"):
        np.testing.assert_allclose(
            [r[key] for r in two if key in r], [r[key] for r in one if key in r], rtol=1e-4
        )
    assert len([line for line in out.splitlines() if line.startswith("valid")]) == 1  # one of them speaks
    assert len([line for line in err.splitlines() if "the model is in" in line]) == 1
    assert "Warning" not in err
    processes = RunFolder.open(tmp_path / "two").state()["processes"]
    assert [list(each["objective"]["states"]) for each in processes] == [[0, 1], [3, 4]]
    assert torch.get_num_threads() >= 1
    with pytest.raises(CheckpointError, match="trained by 2 processes; it cannot go on with 1"):
        resume(tmp_path / "two", epochs=3)


def test_an_ngram_model_is_no_work_for_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="an n-gram model is estimated by one process; start it without"):
        train(["a b"], make_config({"model": "ngram"}), out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def step_of(run: Path) -> int:
    try:
        return int(json.loads((run / "manifest.json").read_text()).get("last", {"step": 0})["step"])
    except OSError:
        return 0


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_interrupted_or_killed_they_resume_exactly(tmp_path: Path, text: Path, how: signal.Signals) -> None:
    settings = options(dropout=0.4, epochs=30, patience=99, save_seconds=0.05)
    finish(start(str(text), "-o", str(tmp_path / "whole"), *settings))
    cut = tmp_path / "cut"
    process = start(str(text), "-o", str(cut), *settings, start_new_session=True)
    while step_of(cut) < 40:
        time.sleep(0.02)
        assert process.poll() is None
    if how == signal.SIGTERM:
        process.terminate()
    else:
        workers = subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True
        )
        os.kill(int(workers.stdout.split()[-1]), how)
    _, err = process.communicate(timeout=100)
    assert process.returncode != 0
    if how == signal.SIGTERM:
        assert "nothing is lost; go on with" in err
    assert step_of(cut) < step_of(tmp_path / "whole")
    finish(start("--resume", str(cut)))
    assert state(cut) == state(tmp_path / "whole")
