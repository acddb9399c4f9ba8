"""A sweep that is stopped, with the trials that it trains, goes on and gives what it would have given."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import crash_fingerprints
import pytest
from crash_cases import write_texts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]
ROUNDS = int(os.environ.get("TEXTKIT_ROUNDS", "2"))
SEED = int(os.environ.get("TEXTKIT_SEED", "1"))


def start(folder: Path, out: Path, jobs: int) -> subprocess.Popen[str]:
    """The command, as a user gives it."""
    words = ["sweep", str(folder / "sweep.toml"), "-o", str(out), "-j", str(jobs), "-q"]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "textkit_cli", *words], stdout=quiet, stderr=pipe, text=True, env=environment
    )


def finish(folder: Path, out: Path) -> None:
    """Run it to its end."""
    process = start(folder, out, 2)
    _, errors = process.communicate(timeout=500)
    assert process.returncode == 0, errors


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name
)
def test_a_stopped_sweep_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    write_texts(tmp_path)
    began = time.monotonic()
    finish(tmp_path, tmp_path / "whole")
    seconds, rolls = time.monotonic() - began, random.Random(f"{SEED} {number}")
    whole = crash_fingerprints.of(tmp_path / "whole")
    names = {path.name for path in (tmp_path / "whole").iterdir()}
    for turn in range(ROUNDS):
        out = tmp_path / f"cut-{turn}"
        process = start(tmp_path, out, rolls.choice([1, 2]))
        time.sleep(rolls.uniform(0.3, 1) * seconds)
        process.send_signal(number)
        _, errors = process.communicate(timeout=100)
        assert "Traceback" not in errors
        assert process.returncode in {0, -number, 128 + number}, errors
        if process.returncode == 128 + number and (out / "sweep.json").exists():
            assert "go on with: textkit sweep" in errors
        finish(tmp_path, out)
        assert crash_fingerprints.of(out) == whole
        assert {path.name for path in out.iterdir()} == names
