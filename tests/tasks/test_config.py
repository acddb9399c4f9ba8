from __future__ import annotations

from pathlib import Path

import pytest

from textkit.errors import UsageError
from textkit.tasks.language_model import make_config, read_config
from textkit.tasks.language_model.config import parse_config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lerning_rate": 0.1}, "run.toml: unknown setting 'lerning_rate': did you mean 'learning_rate'?"),
        (
            {"model": "lstn"},
            "run.toml: setting 'model': input should be 'ngram', 'rnn', 'gru' or 'lstm', not 'lstn'",
        ),
        (
            {"epochs": 0, "model": "gru"},
            "run.toml: setting 'epochs': input should be greater than or equal to 1",
        ),
        (
            {"model": "ngram", "layers": 2},
            "the setting 'layers' is for a neural model, not for model 'ngram'",
        ),
        ({"model": "gru", "order": 3}, "the setting 'order' is for an n-gram model, not for model 'gru'"),
        ({"unit": "char", "tokenizer": "jieba"}, "the setting 'tokenizer' is for the unit 'word'"),
        ({"pieces": 100}, "the setting 'pieces' is for the unit 'subword'"),
        ({"model": "lstm", "hidden": 100}, "tied weights need equal widths: embedding 256, hidden 100"),
    ],
)
def test_bad_settings_are_told_in_one_line(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        make_config(settings, source="run.toml")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("settings", [{}, {"model": "lstm", "tied": False, "hidden": 7}, {"unit": "subword"}])
def test_toml_comes_back(settings: dict[str, object]) -> None:
    config = make_config(settings)
    assert make_config(parse_config(config.toml(), source="x")) == config


def test_bad_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: no such file"):
        read_config(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("epochs = = 3\n")
    with pytest.raises(UsageError, match=r"bad.toml: not valid TOML: .*line 1"):
        read_config(tmp_path / "bad.toml")
