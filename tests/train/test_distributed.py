"""Two processes see together what one sees; they stop, fail and resume together."""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from textkit.errors import CheckpointError, UsageError
from textkit.train.distributed import World, join_world
from textkit.train.interrupt import StopRequest
from textkit.train.log import Log

WORKER = Path(__file__).with_name("distributed_worker.py")


def launch(folder: Path, mode: str) -> list[tuple[int, str]]:
    """Two workers as torchrun would start them: their exit statuses and what they said on standard error."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    workers = []
    for rank in range(2):
        world = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1"}
        environment = os.environ | {k: str(v) for k, v in world.items()} | {"MASTER_PORT": str(port)}
        workers.append(
            subprocess.Popen(
                [sys.executable, str(WORKER), str(folder), mode],
                env=environment,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    errors = [worker.communicate(timeout=120)[1] for worker in workers]
    return [(worker.returncode, error) for worker, error in zip(workers, errors, strict=True)]


def test_two_processes_do_what_one_does(tmp_path: Path, tiny: ModuleType) -> None:
    results = launch(tmp_path, "curves")
    assert [status for status, _ in results] == [0, 0], results
    import distributed_worker

    for name, options in distributed_worker.CURVES.items():
        tiny.make_trainer(tmp_path / f"{name} alone", **options).fit(StopRequest())
        alone = Log(tmp_path / f"{name} alone" / "log.jsonl").records()
        both = Log(tmp_path / name / "log.jsonl").records()
        assert [r["step"] for r in both] == [r["step"] for r in alone]
        for key in ("loss", "gradient_norm", "valid_loss"):
            np.testing.assert_allclose(
                [r[key] for r in both if key in r], [r[key] for r in alone if key in r], rtol=1e-4
            )
    assert tiny.fingerprint(tmp_path / "cut") == tiny.fingerprint(tmp_path / "whole")
    processes = tiny.RunFolder.open(tmp_path / "whole").state()["processes"]
    generators = [each["generators"]["cpu"] for each in processes]
    assert not torch.equal(*generators)  # each its own dropout
    assert [list(each["objective"]["states"]) for each in processes] == [[0], [2]]
    with pytest.raises(CheckpointError, match="trained by 2 processes; it cannot go on with 1"):
        tiny.make_trainer(tmp_path / "whole").resume()
    # What is not finite in one process is skipped by both.
    broken = tiny.RunFolder.open(tmp_path / "broken")
    assert broken.state()["progress"]["guard"]["skipped"] == 1
    assert all(np.isfinite(array).all() for array in broken.arrays("last").values())
    assert math.isfinite(broken.info("best")["valid_loss"])


@pytest.mark.slow
def test_when_one_dies_the_other_ends_with_a_line_and_the_run_resumes(
    tmp_path: Path, tiny: ModuleType
) -> None:
    (status, error), (killed, _) = launch(tmp_path, "killed")
    assert killed == -9
    assert status == 1
    line = "worker: process 0 of 2: another process ended or hangs; look at its message, then go on with"
    assert any(each.startswith(line) for each in error.splitlines())  # gloo may have its say before or after
    assert [status for status, _ in launch(tmp_path, "resumed")] == [0, 0]
    run = tiny.RunFolder.open(tmp_path / "killed")
    assert run.state()["progress"]["epoch"] == 2


@pytest.mark.filterwarnings("error")
def test_wrapping_warns_of_nothing_and_leaves_buffers_alone() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=0, world_size=1)
    try:
        wrapped = World(size=2).wrap(torch.nn.Linear(2, 2))
        assert not wrapped.broadcast_buffers
    finally:
        torch.distributed.destroy_process_group()


def test_a_world_of_one_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    module = torch.nn.Linear(1, 1)
    with join_world(torch.device("cpu")) as world:
        assert world == World()
        assert world.wrap(module) is module
        assert world.most(2, True) == [2.0, 1.0]
        assert world.from_first(lambda: "x") == "x"
    assert not torch.distributed.is_initialized()


@pytest.mark.parametrize("name", ["WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_PORT"])
@pytest.mark.parametrize("value", ["", "abc", "-1", "1.5"])
def test_an_environment_without_numbers_is_told(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = {"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for each, number in (right | {name: value}).items():
        monkeypatch.setenv(each, number)
    message = rf"^{name} in the environment must be a number from [01] on, not '{value}'; use torchrun"
    with pytest.raises(UsageError, match=message), join_world(torch.device("cpu")):
        pass


def test_a_process_beyond_the_last_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WORLD_SIZE": "2", "RANK": "2", "MASTER_ADDR": "h", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    with (
        pytest.raises(UsageError, match=r"RANK in the environment is 2: 2 processes \(WORLD_SIZE\) count"),
        join_world(torch.device("cpu")),
    ):
        pass


def test_no_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "0")
    with pytest.raises(UsageError, match="a number from 1 on, not '0'"), join_world(torch.device("cpu")):
        pass


def test_half_an_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    with (
        pytest.raises(UsageError, match="the environment lacks 'RANK'; use torchrun"),
        join_world(torch.device("cpu")),
    ):
        pass
