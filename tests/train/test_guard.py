"""A loss that is no longer a number: skipped, undone with smaller steps, and in the end explained."""

from __future__ import annotations

import itertools
import math
import signal
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from textkit.errors import Interrupted, TextkitError
from textkit.train.guard import ROLL_BACKS, SKIPS, Guard, update
from textkit.train.interrupt import StopRequest
from textkit.train.log import Log


def test_one_bad_step_is_skipped_and_told(tmp_path: Path, tiny: ModuleType) -> None:
    said: list[str] = []
    weights: list[np.ndarray] = []

    def watch(progress: Any, _steps: int) -> None:
        weights.append(trainer.module.embedding.weight.detach().numpy().copy())

    trainer = tiny.make_trainer(tmp_path / "run", broken={4}, say=said.append, watch=watch)
    trainer.fit(StopRequest())
    changed = [not np.array_equal(a, b) for a, b in itertools.pairwise(weights)]
    assert [step for step, different in enumerate(changed, 2) if not different] == [4]
    assert said[0] == "step 4: the loss is not finite; update skipped (1 of 3 in a row)"
    guard = trainer.progress.guard
    assert (guard.skips, guard.skipped, guard.roll_backs, guard.factor) == (0, 1, 0, 1.0)
    records = [r for r in Log(tmp_path / "run" / "log.jsonl").records() if r["step"] >= 4]
    assert all(r["skipped"] == 1 and r["roll_backs"] == 0 for r in records)
    assert all(math.isfinite(value) for record in records for value in record.values())


def test_a_gradient_that_is_not_finite_counts_too(tmp_path: Path, tiny: ModuleType) -> None:
    said: list[str] = []
    trainer = tiny.make_trainer(tmp_path / "run", epochs=1, say=said.append)
    embedding = trainer.module.embedding.weight
    hook = embedding.register_hook(lambda gradient: gradient * float("inf"))
    trainer.watch = lambda progress, _steps: hook.remove()
    trainer.fit(StopRequest())
    assert said[0] == "step 1: the gradient is not finite; update skipped (1 of 3 in a row)"
    assert trainer.progress.guard.skipped == 1


def test_three_in_a_row_go_back_to_the_last_validation_at_half_the_rate(
    tmp_path: Path, tiny: ModuleType
) -> None:
    said: list[str] = []
    trainer = tiny.make_trainer(
        tmp_path / "run", epochs=None, max_steps=20, validate_every=6, broken={9, 10, 11}, say=said.append
    )
    trainer.fit(StopRequest())
    assert "the loss is not finite at step 11: back to step 6, at 0.5 of the learning rate" in said
    records = Log(tmp_path / "run" / "log.jsonl").records()
    assert [r["step"] for r in records] == sorted(r["step"] for r in records)
    assert [r["step"] for r in records if "valid_loss" in r] == [6, 12, 18, 20]
    assert all(r["learning_rate"] == pytest.approx(0.02 if r["step"] <= 6 else 0.01) for r in records)
    assert trainer.progress.guard.roll_backs == 1
    # From step 6 on it is the training that had half the rate there from the start.
    other = tiny.make_trainer(
        tmp_path / "other",
        epochs=None,
        max_steps=20,
        validate_every=6,
        schedule=lambda step, total: 1.0 if step < 6 else 0.5,
    )
    other.fit(StopRequest())
    for name, array in trainer.run.arrays("last").items():
        np.testing.assert_array_equal(array, other.run.arrays("last")[name])


def test_a_broken_carried_state_is_dropped(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(tmp_path / "run", epochs=1)
    state = trainer.objective.states

    def watch(progress: Any, _steps: int) -> None:
        if progress.step == 2:
            trainer.objective.states[0][:] = float("nan")

    trainer.watch = watch
    trainer.fit(StopRequest())
    assert state is not trainer.objective.states
    assert trainer.progress.guard.skipped == 1  # the next window starts from nothing


def test_it_gives_up_with_an_explanation(tmp_path: Path, tiny: ModuleType) -> None:
    said: list[str] = []
    trainer = tiny.make_trainer(tmp_path / "run", broken=range(6, 1000), say=said.append)
    with pytest.raises(TextkitError) as caught:
        trainer.fit(StopRequest())
    assert str(caught.value) == (
        "the loss is not finite at step 3, though training went back 3 times and divided the learning "
        "rate by 8; train again with a lower learning rate or clip"
    )
    assert len([line for line in said if "back to step 0" in line]) == ROLL_BACKS
    assert trainer.progress.guard.skipped == SKIPS * (ROLL_BACKS + 1)


def test_a_rate_of_1e38_ends_with_that_explanation(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(tmp_path / "run", optimizer="sgd", rate=1e38, clip=1e38)
    with pytest.raises(TextkitError, match=r"the loss is not finite at step .* went back 3 times"):
        trainer.fit(StopRequest())


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "muon", "nt-asgd"])
def test_a_rate_beyond_float32_ends_with_that_explanation(
    tmp_path: Path, tiny: ModuleType, optimizer: str
) -> None:
    """torch raises RuntimeError for such numbers, after it has changed a part of its state."""
    trainer = tiny.make_trainer(tmp_path / "run", optimizer=optimizer, rate=1e60)
    with pytest.raises(TextkitError, match=r"the loss is not finite at step 1, though .* went back 3 times"):
        trainer.fit(StopRequest())


def test_other_failures_of_an_update_are_not_hidden() -> None:
    class Failing(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        update(Failing([torch.nn.Parameter(torch.zeros(1))], 1.0))


def test_a_validation_that_is_not_finite_goes_back_too(tmp_path: Path, tiny: ModuleType) -> None:
    said: list[str] = []
    trainer = tiny.make_trainer(tmp_path / "run", epochs=2, say=said.append)
    real, results = trainer.validate, iter([None, math.nan, None, None])

    def validate() -> float:
        result = next(results)
        return real() if result is None else result

    trainer.validate = validate
    trainer.fit(StopRequest())
    assert any("not finite in the validation at step" in line and "at 0.5" in line for line in said)
    assert trainer.progress.guard.roll_backs == 1
    assert trainer.done


def test_going_back_from_a_validation_of_averages_brings_the_saved_weights(
    tmp_path: Path, tiny: ModuleType
) -> None:
    trainer = tiny.make_trainer(
        tmp_path / "run", optimizer="nt-asgd", rate=0.1, epochs=7, decay=1.0, patience=99
    )
    losses, checked = iter([4.0, 3.0, 3.5, 3.2, 2.0, math.nan, 1.9, 1.8, 1.7]), []
    trainer.validate = lambda: next(losses)
    pause = trainer._pause

    def spy(stop: StopRequest) -> None:
        if trainer.progress.guard.roll_backs and not checked:
            checked.append(True)
            for name, parameter in trainer.module.named_parameters():
                saved = trainer.run.arrays("anchor")[name]
                np.testing.assert_array_equal(parameter.detach().numpy(), saved)
        pause(stop)

    trainer._pause = spy
    trainer.fit(StopRequest())
    assert checked


def test_skipping_and_going_back_are_exact_on_resume(tmp_path: Path, tiny: ModuleType) -> None:
    """Broken by the data, which comes again, not by the count of calls, which starts anew on resume."""

    def train(path: Path, stops: set[int]) -> None:
        while True:
            request = StopRequest()

            def watch(progress: Any, _steps: int, request: StopRequest = request) -> None:
                if progress.step in stops:
                    stops.discard(progress.step)
                    request.signal = signal.SIGTERM

            trainer = tiny.make_trainer(path, dropout=0.2, watch=watch)
            call = trainer.objective.__call__

            class Broken:
                module = trainer.objective.module
                state_dict = trainer.objective.state_dict
                load_state_dict = trainer.objective.load_state_dict

                def __call__(self, window: Any, trainer: Any = trainer, call: Any = call) -> Any:
                    loss, mean, count = call(window)
                    step, halved = trainer.progress.step, trainer.progress.guard.factor < 1
                    bad = step == 3 or (20 <= step < 23 and not halved)
                    return (loss * float("nan") if bad else loss), mean, count

            trainer.objective = Broken()
            if trainer.run.has("last"):
                trainer.resume()
            try:
                trainer.fit(request)
                return
            except Interrupted:
                continue

    train(tmp_path / "whole", set())
    whole = tiny.fingerprint(tmp_path / "whole")
    assert whole["progress"]["guard"]["roll_backs"] == 1
    stops = {3, 4, 5, 19, 21, 22, 30}
    train(tmp_path / "cut", stops)
    assert not stops
    assert tiny.fingerprint(tmp_path / "cut") == whole


def test_the_guard_counts() -> None:
    guard = Guard()
    assert [guard.skip(), guard.skip()] == [False, False]
    guard.passed()
    assert [guard.skip(), guard.skip(), guard.skip()] == [False, False, True]
    guard.go_back("x")
    assert (guard.skips, guard.skipped, guard.roll_backs, guard.factor) == (0, 5, 1, 0.5)
