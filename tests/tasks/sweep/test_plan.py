"""Which trials a sweep has: all of a grid, a sample by its seed, and nothing that makes no sense."""

from __future__ import annotations

import math
from typing import Any

import pytest

from textkit.errors import UsageError
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.sweep.plan import MOST, check_trials, grid_trials, sampled_trials


def test_a_grid_is_every_combination() -> None:
    trials = grid_trials({"epochs": 2}, {"a": [1, 2], "b": ["x", "y", "z"]}, source="s.toml")
    assert [(trial.number, *trial.varied.values()) for trial in trials] == [
        (1, 1, "x"), (2, 1, "y"), (3, 1, "z"), (4, 2, "x"), (5, 2, "y"), (6, 2, "z"),
    ]  # fmt: skip
    assert trials[5].settings == {"epochs": 2, "a": 2, "b": "z"}


def test_a_sample_lies_in_its_ranges_and_depends_on_its_seed() -> None:
    space: dict[str, Any] = {
        "rate": {"low": 1e-4, "high": 1e-2, "log": True},
        "share": {"low": 0.1, "high": 0.5},
        "layers": {"low": 1, "high": 3},
        "width": {"low": 1, "high": 64, "log": True},
        "cell": ["gru", "lstm"],
    }
    trials = sampled_trials({}, space, trials=600, seed=1, source="s.toml")
    varied = [trial.varied for trial in trials]
    assert all(1e-4 <= each["rate"] <= 1e-2 and 0.1 <= each["share"] <= 0.5 for each in varied)
    assert {each["layers"] for each in varied} == {1, 2, 3}
    assert {each["cell"] for each in varied} == {"gru", "lstm"}
    # With log = true half of the draws lie below the geometric mean; here of 600, to five deviations.
    low = sum(each["rate"] < 1e-3 for each in varied)
    assert abs(low - 300) < 5 * math.sqrt(150)
    widths = [each["width"] for each in varied]
    assert all(isinstance(width, int) and 1 <= width <= 64 for width in widths)
    share = math.log(8.5 / 0.5) / math.log(64.5 / 0.5)
    assert abs(sum(width <= 8 for width in widths) - 600 * share) < 5 * math.sqrt(600 * share * (1 - share))
    assert sampled_trials({}, space, trials=5, seed=1, source="s.toml") == trials[:5]
    assert sampled_trials({}, space, trials=5, seed=2, source="s.toml") != trials[:5]


def test_a_sample_has_no_trial_twice() -> None:
    trials = sampled_trials({}, {"a": [1, 2], "b": [1, 2]}, trials=4, seed=3, source="s.toml")
    assert len({tuple(trial.varied.values()) for trial in trials}) == 4
    with pytest.raises(
        UsageError, match=r"s.toml: \[sample\] has only 4 different trials, not 5: ask for fewer"
    ):
        sampled_trials({}, {"a": [1, 2], "b": [1, 2]}, trials=5, seed=3, source="s.toml")


@pytest.mark.parametrize(
    ("grid", "says"),
    [
        ({}, r"\[grid\] is empty: name settings"),
        ({"a": 3}, r"\[grid\] a: give a list of values to try, not 3"),
        ({"a": []}, r"\[grid\] a: give a list of values to try, not \[\]"),
        ({"a": [1, 2, 1]}, r"\[grid\] a: 1 is there twice"),
        ({"fixed": [1]}, r"\[grid\] fixed: is among the fixed settings too"),
        ({"a": list(range(MOST)), "b": [1, 2]}, r"\[grid\] makes 2,000 trials, more than 1,000"),
    ],
)
def test_grids_that_make_no_sense(grid: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=f"s.toml: {says}"):
        grid_trials({"fixed": 0}, grid, source="s.toml")


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ({"a": {"low": 1, "hihg": 2}}, "unknown key 'hihg': did you mean 'high'"),
        ({"a": {"low": 2, "high": 1}}, "a range is {low = 1, high = 9}, low being less"),
        ({"a": {"low": 1}}, "a range is {low = 1, high = 9}, low being less"),
        ({"a": {"low": 0, "high": 1, "log": True}}, "begins above 0, not at 0"),
        ({"fixed": {"low": 0, "high": 1}}, "among the fixed settings too"),
    ],
)
def test_samples_that_make_no_sense(space: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        sampled_trials({"fixed": 0}, space, trials=2, seed=1, source="s.toml")
    with pytest.raises(UsageError, match="trials must be between 1 and 1,000, not 0"):
        sampled_trials({}, {"a": [1]}, trials=0, seed=1, source="s.toml")


def test_trials_are_checked_as_the_command_checks_its_settings() -> None:
    trials = grid_trials({"preset": "textcnn"}, {"hiden": [3]}, source="s.toml")
    with pytest.raises(
        UsageError, match=r"s.toml: trial-001 \(hiden=3\): unknown setting 'hiden': did you mean"
    ):
        check_trials(trials, ClassifierConfig, source="s.toml")
    trials = grid_trials({"preset": "textcnn"}, {"dropout": [0.5, 1.5]}, source="s.toml")
    with pytest.raises(
        UsageError, match=r"trial-002 \(dropout=1.5\): setting 'dropout': input should be less"
    ):
        check_trials(trials, ClassifierConfig, source="s.toml")
