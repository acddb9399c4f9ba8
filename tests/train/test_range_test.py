"""The range test finds a rate that works, and leaves no trace."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from textkit.errors import InputError, UsageError
from textkit.train.interrupt import StopRequest
from textkit.train.range_test import RangeTest, draw_range_test, range_test


def run(trainer: Any, **options: Any) -> RangeTest:
    def make(rate: float) -> torch.optim.Optimizer:
        return torch.optim.AdamW(trainer.module.parameters(), rate)

    return range_test(
        trainer.module, trainer.objective, batches=trainer.batches, make_optimizer=make, **options
    )


def test_the_suggested_rate_trains_and_nothing_else_changed(tmp_path: Path, tiny: ModuleType) -> None:
    tiny.make_trainer(tmp_path / "plain", dropout=0.2).fit(StopRequest())
    trainer = tiny.make_trainer(tmp_path / "tested", dropout=0.2)
    result = run(trainer)
    trainer.fit(StopRequest())
    assert tiny.fingerprint(tmp_path / "tested") == tiny.fingerprint(tmp_path / "plain")
    assert 1e-3 < result.suggestion < 0.5  # AdamW on a tiny network
    ratios = [b / a for a, b in zip(result.rates, result.rates[1:], strict=False)]
    assert ratios == pytest.approx([(1e8) ** (1 / 119)] * len(ratios))
    assert min(result.losses) < 0.9 * result.losses[0]
    assert max(result.losses) <= 4 * min(result.losses)
    draw_range_test(result, tmp_path / "range.png")
    assert (tmp_path / "range.png").read_bytes().startswith(b"\x89PNG")


def test_it_stops_when_the_loss_explodes(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(tmp_path / "run")
    result = run(trainer, highest=1e6)
    assert result.rates[-1] < 1e6
    broken = tiny.make_trainer(tmp_path / "broken", broken={15})
    assert len(run(broken).rates) == 14


def test_what_cannot_be_tested_is_told(tmp_path: Path, tiny: ModuleType) -> None:
    trainer = tiny.make_trainer(tmp_path / "run", broken=range(100))
    with pytest.raises(InputError, match="the loss is not finite at a learning rate of 1e-06"):
        run(trainer)
    with pytest.raises(UsageError, match="needs 0 < lowest < highest and 10 steps, not 1, 1e-06 and 120"):
        run(trainer, lowest=1.0, highest=1e-6)


def test_the_losses_are_smoothed_without_bias() -> None:
    constant = RangeTest((1.0, 2.0), (0.7, 0.7))
    assert math.isclose(constant.suggestion, 0.1)
