"""The one loop: schedules, accumulation, validation, averages; interrupted anywhere, the same in the end."""

from __future__ import annotations

import itertools
import math
import signal
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from textkit.errors import CheckpointError, Interrupted
from textkit.models.schedules import make_schedule
from textkit.train.goal import Goal
from textkit.train.interrupt import StopRequest
from textkit.train.log import Log


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


def test_a_budget_counts_the_time_before_it_was_given(tmp_path: Path, tiny: ModuleType) -> None:
    first = tiny.make_trainer(tmp_path / "run", epochs=1)
    first.fit(StopRequest())
    later = tiny.make_trainer(tmp_path / "run", epochs=2, max_seconds=1e6)
    later.resume()
    assert later.progress.seconds == pytest.approx(first.progress.seconds) != 0


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


def test_progress_counts_every_prediction(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(tmp_path / "run", sampling="lines", epochs=2)
    trainer.fit(StopRequest())
    assert trainer.progress.tokens == 800
    assert math.isfinite(trainer.progress.best)
    assert torch.get_num_threads() >= 1
