from __future__ import annotations

from pathlib import Path

import pytest

from textkit.errors import UsageError
from textkit.tasks.configuration import parse_settings, read_settings
from textkit.tasks.language_model import make_config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lerning_rate": 0.1}, "run.toml: unknown setting 'lerning_rate': did you mean 'learning_rate'?"),
        (
            {"model": "lstn"},
            "run.toml: setting 'model': "
            "input should be 'ngram', 'rnn', 'gru', 'lstm' or 'transformer', not 'lstn'",
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
        ({"model": "transformer", "hidden": 100}, "the setting 'hidden' is for a recurrent model"),
        ({"model": "transformer", "dropout_output": 0.1}, "'dropout_output' is for a recurrent model"),
        ({"model": "lstm", "hidden": 512}, "the setting 'hidden' does nothing without tied = false"),
        ({"model": "lstm", "decay": 0.3}, "'decay' does nothing without schedule = plateau"),
        ({"model": "gru", "vary_steps": True, "sampling": "random"}, "without sampling = sequential"),
        ({"model": "gru", "optimizer": "sgd", "beta2": 0.9}, "without optimizer = adamw or muon"),
        ({"model": "lstm", "learning_rate": 1e30}, "'learning_rate': input should be less than or equal"),
        ({"model": "lstm", "heads": 2}, "the setting 'heads' is for a Transformer"),
        ({"model": "transformer", "embedding": 30}, "heads must divide the embedding into even parts"),
        ({"recipe": "awdd"}, "setting 'recipe': input should be 'default', 'course', 'example' or 'awd'"),
        ({"recipe": "awd", "model": "ngram"}, "the recipe 'awd' is for recurrent models, not for 'ngram'"),
        ({"model": "gru", "output_layer": "adaptive"}, "has weights of its own: set tied = false"),
        ({"model": "gru", "accumulate": 3}, "accumulate must divide batch_size: 20 rows in 3 parts"),
    ],
)
def test_bad_settings_are_told_in_one_line(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        make_config(settings, source="run.toml")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"model": "lstm", "tied": False, "hidden": 7},
        {"unit": "subword"},
        {"model": "transformer", "max_steps": 3},
        {"recipe": "course", "model": "gru"},
        {"recipe": "example"},
        {"recipe": "awd", "unit": "char"},
    ],
)
def test_toml_comes_back(settings: dict[str, object]) -> None:
    config = make_config(settings)
    assert make_config(parse_settings(config.toml(), source="x")) == config


def test_bad_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: no such file"):
        read_settings(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("epochs = = 3\n")
    with pytest.raises(UsageError, match=r"bad.toml: not valid TOML: .*line 1"):
        read_settings(tmp_path / "bad.toml")


def test_a_recipe_gives_what_was_not_said() -> None:
    config = make_config({"recipe": "awd", "hidden": 60, "unit": "char"})
    assert (config.model, config.hidden, config.embedding, config.unit) == ("lstm", 60, 400, "char")
    assert make_config({"recipe": "course"}).unit == "char"
    assert make_config({"recipe": "course", "model": "rnn"}).model == "rnn"
    assert make_config({"model": "transformer"}).sampling != make_config({"model": "lstm"}).sampling
    assert make_config({"model": "ngram", "unit": "char"}).order == 5
    # What a recipe says and a given setting makes idle is left out.
    assert make_config({"recipe": "example", "schedule": "linear"}).schedule == "linear"
    assert not make_config({"recipe": "awd", "sampling": "random"}).vary_steps


def test_every_schedule_can_be_set() -> None:
    from textkit.models.schedules import SCHEDULES

    for name in SCHEDULES:
        assert make_config({"model": "gru", "schedule": name}).schedule == name
