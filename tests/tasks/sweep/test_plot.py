"""The picture of a sweep, whatever the values of its settings spell."""

from __future__ import annotations

from pathlib import Path

from textkit.tasks.sweep.plan import Trial
from textkit.tasks.sweep.plot import draw_sweep
from textkit.tasks.sweep.trials import Measure, Outcome


def test_values_that_look_like_mathematics_are_drawn_as_they_are(tmp_path: Path) -> None:
    values = ("$x^$", "plain")
    trials = [Trial(number, {"pattern": value}, {}) for number, value in enumerate(values, 1)]
    outcomes = {trial.name: Outcome("finished", 0.5) for trial in trials}
    draw_sweep(trials, outcomes, Measure("f1", "dev", True), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
