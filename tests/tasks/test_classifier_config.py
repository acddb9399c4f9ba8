from __future__ import annotations

from typing import Any

import pytest

from textkit.errors import UsageError
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.presets import PRESETS
from textkit.tasks.configuration import make_settings, parse_settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prest": "fast"}, "unknown setting 'prest': did you mean 'preset'?"),
        (
            {"preset": "textcnn", "words": 3},
            "'words' is for the presets linear and fast, not for",
        ),
        ({"epochs": 3}, "the setting 'epochs' is for networks, not for the preset 'linear'"),
        (
            {"preset": "fast", "dev_fraction": 0.3},
            "'dev_fraction' is for networks, not for the preset",
        ),
        ({"preset": "textcnn", "layers": 2}, "the setting 'layers' is for the presets bigru, lstm, not for"),
        ({"preset": "bigru", "semi": "entropy", "semi_rounds": 5}, "'semi_rounds' is for the presets linear"),
        (
            {"semi_rounds": 5},
            "'semi_rounds' does nothing without semi = self-training or entropy",
        ),
        (
            {"semi": "entropy", "semi_threshold": 0.5},
            "'semi_threshold' does nothing without semi = self",
        ),
        ({"preset": "lstm", "epsilon": 0.5}, "'epsilon' does nothing without adversarial = fgsm or pgd"),
        (
            {"preset": "lstm", "adversarial": "fgsm", "attack_steps": 9},
            "'attack_steps' does nothing without adversarial = pgd",
        ),
        ({"words": 0, "characters": 0}, "words and characters are both 0: there is nothing to look at"),
        ({"cost": -1}, "run.toml: setting 'cost': input should be greater than 0, not -1"),
        (
            {"tokenizer_options": {"a": [1, {"b": float("nan")}]}},
            "setting 'tokenizer_options.a.1.b': input should be a finite number, not nan",
        ),
        (
            {"tokenizer_options": {"a": {1}}},
            "setting 'tokenizer_options.a': input was not a valid json value",
        ),
    ],
)
def test_what_makes_no_sense_is_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_settings(ClassifierConfig, settings, source="run.toml")
    assert str(caught.value).startswith("run.toml: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_written_and_read_again(preset: str) -> None:
    config = make_settings(ClassifierConfig, {"preset": preset})
    assert make_settings(ClassifierConfig, parse_settings(config.toml(), source="x")) == config
