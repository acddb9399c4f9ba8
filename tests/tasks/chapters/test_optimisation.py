"""The chapters on optimisers and learning rates: what they claim holds, and would not of something worse."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pytest
import torch

from textkit.models.optimizers.adam import Adam
from textkit.tasks.chapters import learning_rates, optimisers
from textkit.tasks.chapters.study import Study

LOSSES = "training loss: "


@pytest.fixture
def one_thread() -> object:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_optimisers_in_one_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimisers, "EPOCHS", 1)
    monkeypatch.setattr(optimisers, "BENT_STEPS", 40)
    study = Study(plots=tmp_path)
    reached = optimisers.run(study)
    assert list(reached) == [fact.name for fact in optimisers.CARD.facts]
    for fact in optimisers.CARD.facts:
        if fact.name.startswith(LOSSES):  # one epoch is too little, but it is a step down from ln 10
            assert not fact.holds(reached[fact.name])
            assert reached[fact.name] < 1.1 * math.log(10)
        elif "SWATS" not in fact.name:
            assert fact.holds(reached[fact.name]), fact
    pictures = sorted(path.name for path in tmp_path.iterdir())
    assert pictures == ["optimisers-digits.png", "optimisers-paths.png", "optimisers-valley.png"]
    assert sum("of the digits held out are right" in note for note in study.notes) == 10


def test_a_step_that_is_not_that_of_torch_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = optimisers.Entrant("Adam", Adam, partial(torch.optim.Adam, eps=1e-6), {"lr": 0.1}, {})
    monkeypatch.setattr(optimisers, "ENTRANTS", (wrong,))
    assert optimisers._bent_valley(Study()) > 1e-12


@pytest.mark.usefixtures("one_thread")
def test_learning_rates(tmp_path: Path) -> None:
    study = Study(plots=tmp_path)
    reached = learning_rates.run(study)
    assert list(reached) == [fact.name for fact in learning_rates.CARD.facts]
    assert [fact for fact in learning_rates.CARD.facts if not fact.holds(reached[fact.name])] == []
    pictures = sorted(path.name for path in tmp_path.iterdir())
    assert pictures == ["learning-rates-range-test.png", "learning-rates-schedules.png"]
    assert "the range test suggests" in study.notes[0]
