"""The one loop: schedules, accumulation, validation, goals, a time that ends it, averages."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from textkit.models.schedules import make_schedule
from textkit.train.goal import Goal
from textkit.train.interrupt import StopRequest
from textkit.train.log import Log


@pytest.mark.parametrize("sampling", ["sequential", "lines"])
def test_accumulating_is_the_same_step(tmp_path: Path, tiny: ModuleType, sampling: str) -> None:
    for name, parts in (("one", 1), ("three", 3), ("many", 50)):
        trainer = tiny.make_trainer(
            tmp_path / name, accumulate=parts, sampling=sampling, optimizer="sgd", rate=1.0
        )
        trainer.fit(StopRequest())
    one = Log(tmp_path / "one" / "log.jsonl").records()
    for name in ("three", "many"):
        other = Log(tmp_path / name / "log.jsonl").records()
        for key in ("loss", "gradient_norm", "valid_loss"):
            assert [r[key] for r in other if key in r] == pytest.approx(
                [r[key] for r in one if key in r], rel=2e-4
            )


def test_the_rate_is_base_times_schedule_times_plateau_times_scale(tmp_path: Path, tiny: ModuleType) -> None:
    rates, scales = [], []

    def schedule(step: int, total: int) -> float:
        return (step + 1) / total

    trainer = tiny.make_trainer(
        tmp_path / "run", sampling="vary", optimizer="sgd", rate=0.5, schedule=schedule, decay=0.1
    )
    step = trainer._step
    trainer.validate = lambda: 1.0  # the second is not better

    def spy(batch: Any) -> bool:
        result = step(batch)
        rates.append(trainer.optimizer.param_groups[0]["lr"])
        scales.append(batch.scale)
        return result

    trainer._step = spy  # type: ignore[method-assign]
    trainer.fit(StopRequest())
    sampler = tiny.make_sampler("vary")
    counts = [len(list(sampler)) for _ in range(3)]
    assert len(rates) == sum(counts) == trainer.progress.total
    plateaus = np.repeat([1.0, 1.0, 0.1], counts)
    steps = np.arange(1, len(rates) + 1)
    assert rates == pytest.approx(0.5 * steps / len(rates) * plateaus * np.array(scales))
    assert min(scales) < 1 < max(scales)


def test_validation_by_steps_and_at_the_end(tmp_path: Path, tiny: ModuleType, curves: None) -> None:
    said: list[str] = []
    trainer = tiny.make_trainer(
        tmp_path / "run",
        epochs=None,
        max_steps=23,
        validate_every=5,
        patience=99,
        say=said.append,
        draws=True,
    )
    assert trainer.progress.total == 23
    trainer.fit(StopRequest())
    records = Log(tmp_path / "run" / "log.jsonl").records()
    assert [r["step"] for r in records if "valid_loss" in r] == [5, 10, 15, 20, 23]
    assert trainer.done
    assert (tmp_path / "run" / "curve.png").exists()
    assert said[0].startswith("step 5: validation perplexity ")
    assert said[-1].startswith("trained to step 23 in ")
    assert " tokens/s; best validation perplexity " in said[-1]
    trained = [r for r in records if "loss" in r]
    assert all({"gradient_norm", "learning_rate", "tokens_per_second"} <= r.keys() for r in trained)


@pytest.mark.parametrize(("warmup", "said"), [(4, 0), (6, 1)])
def test_a_training_spent_on_warming_up_is_told(
    tmp_path: Path, tiny: ModuleType, warmup: int, said: int
) -> None:
    lines: list[str] = []
    schedule = make_schedule("cosine", warmup=warmup)
    trainer = tiny.make_trainer(
        tmp_path / "run", epochs=None, max_steps=9, schedule=schedule, say=lines.append
    )
    trainer.fit(StopRequest())
    told = f"the learning rate rose for {warmup} steps: train longer, or warm up for fewer"
    assert lines.count(told) == said


def test_a_goal_chooses_the_best_instead_of_the_loss(tmp_path: Path, tiny: ModuleType) -> None:
    said: list[str] = []
    trainer = tiny.make_trainer(
        tmp_path / "run", epochs=None, max_steps=4, validate_every=1, patience=2, say=said.append
    )
    losses, bleu = iter([4.0, 3.0, 2.0, 1.0]), iter([10.0, 30.0, 20.0, 25.0])
    trainer.validate, trainer.goal = lambda: next(losses), Goal("bleu", lambda: next(bleu))
    trainer.fit(StopRequest())
    assert trainer.run.document["best"]["step"] == 2
    assert trainer.run.document["best"]["valid_bleu"] == 30
    assert trainer.progress.worse == 2
    assert "validation has not improved 2 times in a row" in trainer.done
    records = Log(tmp_path / "run" / "log.jsonl").records()
    assert [r["valid_bleu"] for r in records if "valid_bleu" in r] == [10, 30, 20, 25]
    assert said[1] == "step 2: validation perplexity 20.09, bleu 30.00"
    assert said[-1].endswith("best validation bleu 30.00 at step 2")


def test_a_goal_is_not_asked_of_weights_without_a_loss(tmp_path: Path, tiny: ModuleType) -> None:
    said: list[str] = []
    trainer = tiny.make_trainer(tmp_path / "run", epochs=None, max_steps=3, validate_every=1, say=said.append)
    losses = itertools.chain([2.0, math.nan], itertools.repeat(1.0))
    asked: list[float] = []

    def validate() -> float:
        asked.append(next(losses))
        return asked[-1]

    def reach() -> float:
        assert math.isfinite(asked[-1])
        return 1.0

    trainer.validate, trainer.goal = validate, Goal("bleu", reach)
    trainer.fit(StopRequest())
    back = "the loss is not finite in the validation at step 2: back to step 1, at 0.5 of the learning rate"
    assert back in said
    assert trainer.progress.step == 3


def test_of_equal_goals_the_lower_loss_is_the_best(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(tmp_path / "run", epochs=None, max_steps=4, validate_every=1, patience=99)
    losses = iter([4.0, 3.0, 2.0, 2.5])
    trainer.validate, trainer.goal = lambda: next(losses), Goal("bleu", lambda: 0.0)
    trainer.fit(StopRequest())
    assert trainer.run.document["best"]["step"] == trainer.progress.best_step == 3


def test_goals_that_differ_by_chance_alone_leave_the_choice_to_the_loss(
    tmp_path: Path, tiny: ModuleType
) -> None:
    trainer = tiny.make_trainer(tmp_path / "run", epochs=None, max_steps=4, validate_every=1, patience=99)
    losses, bleu = iter([4.0, 3.0, 5.0, 3.5]), iter([0.03, 0.0, 0.04, 0.02])
    trainer.validate, trainer.goal = lambda: next(losses), Goal("bleu", lambda: next(bleu))
    trainer.fit(StopRequest())
    assert trainer.run.document["best"]["step"] == trainer.progress.best_step == 2
    assert trainer.run.document["best"]["valid_bleu"] == 0


def test_a_time_ends_training_and_bounds_the_schedule(
    tmp_path: Path, tiny: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every look at the clock takes a second: a step two looks, a validation two."""
    totals: list[int] = []

    def schedule(step: int, total: int) -> float:
        totals.append(total)
        return 1.0

    clock = itertools.count()
    ticks = SimpleNamespace(monotonic=lambda: float(next(clock)))
    monkeypatch.setattr("textkit.train.trainer.time", ticks)
    trainer = tiny.make_trainer(
        tmp_path / "run",
        epochs=None,
        max_seconds=30.0,
        validate_every=10,
        patience=99,
        schedule=schedule,
        save_seconds=1e9,
    )
    trainer.fit(StopRequest())
    progress = trainer.progress
    assert progress.seconds == progress.step
    assert progress.validation_seconds == 3
    assert progress.step == 28  # 28 steps, and after ten and twenty a validation; the last is beyond the time
    assert progress.validated == progress.step
    assert trainer.done == "the 0.5 minutes are over; give a longer --budget to go on"
    assert totals[1:10] == [30] * 9
    assert totals[10] == round(10 * 30 / 11)
    resumed = tiny.make_trainer(
        tmp_path / "run", epochs=None, max_seconds=60.0, validate_every=10, patience=99
    )
    resumed.resume()
    assert resumed.done == ""
    assert resumed.progress.spent == progress.spent


def test_averages_are_what_is_validated_and_kept(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(
        tmp_path / "run", optimizer="nt-asgd", rate=0.1, epochs=5, decay=1.0, patience=99
    )
    losses = iter([4.0, 3.0, 3.5, 3.2, 2.0])  # the fourth starts the averaging, the fifth is the best
    trainer.validate = lambda: next(losses)
    trainer.fit(StopRequest())
    arrays, optimizer = trainer.run.arrays("best"), trainer.optimizer
    parameters = dict(trainer.module.named_parameters())
    assert set(arrays) == set(parameters)
    for name, parameter in parameters.items():
        np.testing.assert_array_equal(arrays[name], optimizer.state[parameter]["average"].numpy())
        assert not np.array_equal(arrays[name], parameter.detach().numpy())


def test_progress_counts_every_prediction(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(tmp_path / "run", sampling="lines", epochs=2)
    trainer.fit(StopRequest())
    assert trainer.progress.tokens == 800
    assert math.isfinite(trainer.progress.best)
    assert torch.get_num_threads() >= 1
