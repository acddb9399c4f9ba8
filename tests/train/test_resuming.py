"""Training that goes on: interrupted anywhere, the same in the end; what does not fit is refused."""

from __future__ import annotations

import signal
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from textkit.errors import CheckpointError, Interrupted
from textkit.models.schedules import make_schedule
from textkit.train.interrupt import StopRequest


class Stopper:
    """Asks to stop after the steps in `at`."""

    def __init__(self, at: set[int]) -> None:
        self.at, self.request = at, StopRequest()

    def watch(self, progress: Any, _steps: int) -> None:
        if progress.step in self.at:
            self.at.discard(progress.step)
            self.request.signal = signal.SIGTERM


def fit_in_sittings(tiny: ModuleType, path: Path, at: set[int], **options: Any) -> None:
    stopper = Stopper(at)
    while True:
        stopper.request = StopRequest()
        trainer = tiny.make_trainer(path, watch=stopper.watch, **options)
        if trainer.run.has("last"):
            trainer.resume()
        try:
            trainer.fit(stopper.request)
            return
        except Interrupted as interruption:
            assert interruption.status == 128 + signal.SIGTERM


VARIANTS: dict[str, dict[str, Any]] = {
    "schedule": {"schedule": make_schedule("one-cycle", warmup=5)},
    "accumulate": {"accumulate": 2, "sampling": "random"},
    "vary": {"sampling": "vary", "optimizer": "sgd", "rate": 1.0},
    "lines": {"sampling": "lines"},
    "nt-asgd": {"optimizer": "nt-asgd", "rate": 1.5, "epochs": 12, "patience": 99, "decay": 1.0},
    "muon": {"optimizer": "muon"},
    "averaged": {"optimizer": "averaged"},
    "steps": {"max_steps": 23, "validate_every": 5, "epochs": None},
    "both": {"validate_every": 4, "epochs": 2},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_interrupted_anywhere_equals_uninterrupted(tmp_path: Path, tiny: ModuleType, variant: str) -> None:
    options = {"dropout": 0.2, **VARIANTS[variant]}
    tiny.make_trainer(tmp_path / "whole", **options).fit(StopRequest())
    whole = tiny.fingerprint(tmp_path / "whole")
    total = whole["progress"]["step"]
    assert total >= 20
    stops = {1, 4, 5, total // 2 + 1, total - 1, total}
    fit_in_sittings(tiny, tmp_path / "cut", stops, **options)
    assert not stops
    assert tiny.fingerprint(tmp_path / "cut") == whole
    if variant == "nt-asgd":
        # It must have come to averaging, or nothing was tested.
        state = tiny.RunFolder.open(tmp_path / "cut").state()["optimizer"]
        assert all("average" in each for each in state["state"].values())


def test_a_budget_counts_the_time_before_it_was_given(tmp_path: Path, tiny: ModuleType) -> None:
    first = tiny.make_trainer(tmp_path / "run", epochs=1)
    first.fit(StopRequest())
    later = tiny.make_trainer(tmp_path / "run", epochs=2, max_seconds=1e6)
    later.resume()
    assert later.progress.seconds == pytest.approx(first.progress.seconds) != 0


def test_weights_that_do_not_fit_are_told_in_one_line(tmp_path: Path, tiny: ModuleType) -> None:
    from torch import nn

    from textkit.train.weights import load_arrays

    trainer = tiny.make_trainer(tmp_path / "run", epochs=1)
    trainer.fit(StopRequest())
    assert "output.weight" not in trainer.run.arrays("best")  # tied, and there once
    with pytest.raises(
        CheckpointError, match="the best weights do not fit the settings: 'weight' is missing"
    ):
        load_arrays(nn.Linear(2, 2), trainer.run, "best")
    trainer.module.extra = nn.Linear(1, 1)
    with pytest.raises(CheckpointError, match=r"'extra.weight' is missing"):
        trainer.resume()
    del trainer.module.extra, trainer.module.layer
    with pytest.raises(CheckpointError, match=r"'layer.bias_hh_l0' belongs nowhere"):
        trainer.resume()
    trainer.module.embedding = nn.Embedding(3, 5)
    with pytest.raises(
        CheckpointError, match=r"'embedding.weight' has the shape \(7, 5\), and \(3, 5\) is due"
    ):
        trainer.resume()


def test_tied_weights_stay_tied(tmp_path: Path, tiny: ModuleType) -> None:
    tiny.make_trainer(tmp_path / "run", epochs=1).fit(StopRequest())
    trainer = tiny.make_trainer(tmp_path / "run", epochs=1)
    trainer.resume()
    assert trainer.module.output.weight is trainer.module.embedding.weight
    np.testing.assert_array_equal(
        trainer.module.output.weight.detach().numpy(), trainer.run.arrays("last")["embedding.weight"]
    )


def test_a_run_of_several_processes_is_refused_by_one(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(tmp_path / "run", epochs=1)
    trainer.fit(StopRequest())
    state = trainer.run.state()
    state["processes"] *= 2
    trainer.run.save("last", trainer.run.arrays("last"), step=99, info={}, state=state)
    with pytest.raises(CheckpointError, match="trained by 2 processes; it cannot go on with 1"):
        trainer.resume()


def test_what_a_crash_left_is_swept_away_on_resuming(tmp_path: Path, tiny: ModuleType) -> None:
    tiny.make_trainer(tmp_path / "run", epochs=1).fit(StopRequest())
    left = {"last-000099.safetensors", ".last-000099.state.pt.abc", ".manifest.json.xyz"}
    for name in left:
        (tmp_path / "run" / name).write_bytes(b"half")
    trainer = tiny.make_trainer(tmp_path / "run", epochs=2)
    before = {path.name for path in (tmp_path / "run").iterdir()}
    trainer.resume()
    assert before - {path.name for path in (tmp_path / "run").iterdir()} == left


def test_killed_between_the_log_and_the_save_of_a_validation(tmp_path: Path, tiny: ModuleType) -> None:
    class Killed(BaseException):
        pass

    tiny.make_trainer(tmp_path / "whole", epochs=2).fit(StopRequest())
    trainer = tiny.make_trainer(tmp_path / "cut", epochs=2, save_seconds=0.0)
    write = trainer.log.write

    def kill(record: dict[str, Any]) -> None:
        write(record)
        if "valid_loss" in record:
            raise Killed

    trainer.log.write = kill
    with pytest.raises(Killed):
        trainer.fit(StopRequest())
    trainer = tiny.make_trainer(tmp_path / "cut", epochs=2)
    trainer.resume()
    trainer.fit(StopRequest())
    assert tiny.fingerprint(tmp_path / "cut") == tiny.fingerprint(tmp_path / "whole")


def test_saves_in_between_change_nothing(tmp_path: Path, tiny: ModuleType) -> None:
    tiny.make_trainer(tmp_path / "rare", dropout=0.2).fit(StopRequest())
    tiny.make_trainer(tmp_path / "often", dropout=0.2, save_seconds=0.0).fit(StopRequest())
    assert tiny.fingerprint(tmp_path / "often") == tiny.fingerprint(tmp_path / "rare")
    run = tiny.RunFolder.open(tmp_path / "often")
    kept = {p.name for p in run.path.iterdir() if p.name.startswith(("last-", "best-"))}
    assert kept <= run.document["files"].keys()
    assert len(kept) == 5  # best; weights and state of the last save; and of the last validation
