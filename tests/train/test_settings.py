"""How many steps a training is expected to make."""

from __future__ import annotations

import numpy as np
import pytest

from textkit.data.row_batches import RowBatches
from textkit.data.windows import RandomWindows
from textkit.train import settings
from textkit.train.settings import NEVER, TrainerSettings


class Counted(RandomWindows):
    """Windows that count how often an epoch is planned."""

    planned = 0

    def _plan(self, generator: np.random.Generator) -> None:
        Counted.planned += 1
        super()._plan(generator)


@pytest.fixture
def windows() -> Counted:
    made = Counted(np.arange(50), batch_size=1, length=7, seed=2)
    Counted.planned = 0
    return made


def test_steps_are_those_of_the_epochs_or_the_most(windows: Counted) -> None:
    exact = windows.steps(9)
    assert TrainerSettings(epochs=9).steps(windows) == exact
    assert TrainerSettings(epochs=9, max_seconds=60).steps(windows) == exact
    assert TrainerSettings(epochs=9, max_steps=exact - 1).steps(windows) == exact - 1
    assert TrainerSettings(epochs=9, max_steps=exact + 1).steps(windows) == exact
    assert TrainerSettings(epochs=None, max_steps=8).steps(windows) == 8
    assert TrainerSettings(epochs=None, max_seconds=8).steps(windows) == NEVER


def test_epochs_that_will_not_come_are_not_planned(windows: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    assert TrainerSettings(epochs=10**6, max_steps=25).steps(windows) == 25
    assert Counted.planned < 10
    monkeypatch.setattr(settings, "COUNTED", 20)
    steps = TrainerSettings(epochs=10**6, max_seconds=60).steps(windows)
    assert Counted.planned < 30
    assert steps == pytest.approx(windows.steps(500) * 2000, rel=0.05)
    assert TrainerSettings(epochs=10**6, max_steps=99, max_seconds=60).steps(windows) == 99
    rows = RowBatches(10, batch_size=4)
    assert TrainerSettings(epochs=10**6, max_seconds=60).steps(rows) == 3 * 10**6
    assert TrainerSettings(epochs=10**6, max_steps=7).steps(rows) == 7
