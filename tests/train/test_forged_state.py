"""Files with the right checksums and the wrong contents: one line each, whatever is in them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from textkit.errors import CheckpointError
from textkit.train.interrupt import StopRequest

CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no optimizer": (lambda s: s.pop("optimizer"), "KeyError\\('optimizer'\\)"),
    "no processes": (lambda s: s.pop("processes"), "processes"),
    "no progress": (lambda s: s.pop("progress"), "progress"),
    "optimizer a number": (lambda s: s.update(optimizer=3), "not iterable"),
    "optimizer empty": (lambda s: s.update(optimizer={}), "param_groups"),
    "groups fewer": (lambda s: s["optimizer"].update(param_groups=[]), "parameter groups"),
    "state forgotten": (lambda s: s["optimizer"]["state"][0].pop("exp_avg"), "exp_avg"),
    "state of another shape": (
        lambda s: s["optimizer"]["state"][0].update(exp_avg=torch.zeros(3)),
        "size",
    ),
    "betas words": (lambda s: s["optimizer"]["param_groups"][0].update(betas="ab"), "."),
    "processes a number": (lambda s: s.update(processes=1), "not iterable"),
    "process a word": (lambda s: s.update(processes=["a"]), "."),
    "no generators": (lambda s: s["processes"][0].pop("generators"), "generators"),
    "generator a list": (lambda s: s["processes"][0].update(generators={"cpu": [1]}), "."),
    "generator short": (
        lambda s: s["processes"][0].update(generators={"cpu": torch.zeros(3, dtype=torch.uint8)}),
        "RNG",
    ),
    "no carried": (lambda s: s["processes"][0].update(objective={}), "states"),
    "carried of another shape": (
        lambda s: (
            s["processes"][0].update(objective={"states": {0: torch.zeros(2, 3)}}),
            s["batches"].update(epoch=0, position=3),
        ),
        ".",
    ),
    "no position": (lambda s: s["batches"].pop("position"), "position"),
    "position a word": (lambda s: s["batches"].update(position="2"), "'position' must be a count"),
    "position negative": (lambda s: s["batches"].update(position=-9), "'position' must be a count, not -9"),
    "unknown progress": (lambda s: s["progress"].update(luck=1), "the progress needs just step, total"),
    "progress missing": (lambda s: s["progress"].pop("step"), "the progress needs just step, total"),
    "progress a list": (lambda s: s.update(progress=[1]), "the progress needs just"),
    "step a word": (lambda s: s["progress"].update(step="7"), "'step' must be a count, not '7'"),
    "step negative": (lambda s: s["progress"].update(step=-1), "'step' must be a count, not -1"),
    "best a list": (lambda s: s["progress"].update(best=[1]), "'best' must be a number"),
    "validating a word": (lambda s: s["progress"].update(validating="no"), "'validating' must be true"),
    "guard a number": (lambda s: s["progress"].update(guard=1), "the progress needs just skips"),
    "guard's skips": (lambda s: s["progress"]["guard"].update(skips=None), "'skips' must be a count"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forged") / "run"


@pytest.mark.parametrize("change", CHANGES)
def test_a_forged_state_is_refused_in_one_line(change: str, trained: Path, tiny: ModuleType) -> None:
    if not trained.exists():
        tiny.make_trainer(trained, epochs=1, optimizer="adamw").fit(StopRequest())
    run = tiny.RunFolder.open(trained)
    before, state = run.state(), copy.deepcopy(run.state())
    forge, message = CHANGES[change]
    forge(state)
    run.save("last", run.arrays("last"), step=1, info={}, state=state)
    try:
        with pytest.raises(CheckpointError, match=message) as caught:
            trainer = tiny.make_trainer(trained, epochs=2, optimizer="adamw")
            trainer.resume()
            trainer.fit(StopRequest())
        assert f"{trained / 'last-000001'}" in str(caught.value)
        assert ".state.pt: the training state does not fit the run: " in str(caught.value)
        assert "\n" not in str(caught.value)
    finally:
        run.save("last", run.arrays("last"), step=1, info={}, state=before)


def test_a_state_that_is_no_dictionary_is_refused(tmp_path: Path, tiny: ModuleType) -> None:
    tiny.make_trainer(tmp_path / "run", epochs=1).fit(StopRequest())
    run = tiny.RunFolder.open(tmp_path / "run")
    name = run.info("last")["state"]
    for forged in (torch.zeros(3), [1, 2], 7):
        torch.save(forged, run.path / name)
        run._own(name)
        run._commit()
        with pytest.raises(CheckpointError, match="not a training state of plain numbers and tensors"):
            tiny.make_trainer(tmp_path / "run", epochs=2).resume()
    (run.path / "config.toml").write_bytes(b"\xff\xfe")
    run._own("config.toml")
    with pytest.raises(CheckpointError, match=r"config.toml: damaged: not UTF-8"):
        run.config()


def test_running_out_of_memory_is_not_taken_for_forgery(tmp_path: Path) -> None:
    from textkit.train.training_state import fitting

    with pytest.raises(RuntimeError, match="can't allocate memory"), fitting(tmp_path):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
