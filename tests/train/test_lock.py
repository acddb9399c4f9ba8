"""Two trainings never write into one run."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from textkit.errors import CheckpointError
from textkit.train.lock import alone_in

pytest.importorskip("fcntl", reason="this system has no flock")
HOLD = "import sys; from textkit.train.lock import alone_in; from pathlib import Path\n"
HOLD += "with alone_in(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


def test_another_process_waits_until_the_first_is_gone_even_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        message = f"^{tmp_path}: another training is at work in this run; wait for it, or end it$"
        with pytest.raises(CheckpointError, match=message), alone_in(tmp_path):
            pytest.fail("it was let in")
        holder.kill()
    with alone_in(tmp_path):
        pass


def test_one_process_is_not_let_in_twice_and_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), alone_in(tmp_path):
        with pytest.raises(CheckpointError, match="another training"), alone_in(tmp_path):
            pass
        raise ZeroDivisionError
    with alone_in(tmp_path):
        pass


def test_without_locks_it_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> ModuleType:
        if name == "fcntl":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with alone_in(tmp_path), alone_in(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks_does_not_hinder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def flock(_file: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with alone_in(tmp_path), alone_in(tmp_path):
        pass


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    message = r"\.lock: cannot be written: no such file"
    with pytest.raises(CheckpointError, match=message), alone_in(tmp_path / "gone"):
        pass
