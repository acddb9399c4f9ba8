"""Settings of translators: presets, what does not go together, and lengths of time."""

from __future__ import annotations

from typing import Any

import pytest

from textkit.errors import UsageError
from textkit.tasks.configuration import make_settings, parse_settings
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.translation.durations import parse_duration
from textkit.tasks.translation.network import make_network
from textkit.tasks.translation.presets import PRESETS


def config(**settings: Any) -> TranslatorConfig:
    return make_settings(TranslatorConfig, settings)


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_written_is_read_back(preset: str) -> None:
    made = config(preset=preset, seed=7)
    assert made.seed == 7
    assert make_settings(TranslatorConfig, parse_settings(made.toml(), source="toml")) == made
    for name, value in PRESETS[preset].items():
        assert getattr(made, name) == value


def test_what_is_said_overrides_the_preset() -> None:
    assert config(width=64).width == 64
    assert config(preset="rnn").model == "gru"
    small = config(preset="transformer-small", model="lstm")  # what is the transformer's alone is left out
    assert (small.feed_forward, small.layers) == (0, 4)


def test_one_limit_takes_the_place_of_the_presets() -> None:
    assert (config().budget, config().seconds) == ("15m", 900)
    assert (config(epochs=3).budget, config(epochs=3).seconds) == (None, None)
    assert config(preset="course", budget="1m").epochs is None
    both = config(budget="90s", max_steps=5)
    assert (both.seconds, both.max_steps, both.epochs) == (90, 5, None)


def test_batches_of_tokens_take_the_place_of_the_presets_pairs() -> None:
    assert config(preset="course").batch_size == 2
    counted = config(preset="course", batch_tokens=100)
    assert (counted.batch_size, counted.batch_tokens) == (None, 100)
    again = make_settings(TranslatorConfig, parse_settings(counted.toml(), source="toml"))
    assert again == counted
    assert "batch_tokens" not in parse_settings(config(batch_size=4).toml(), source="toml")


def test_rarer_tokens_of_a_side_of_words_may_be_unknown() -> None:
    assert config(tokenizer="whitespace", min_count=2).min_count == 2
    assert config(target_tokenizer="jieba", joint=False, min_count=2).min_count == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_count": 2}, "'min_count' is for tokenizers of words: a subword tokenizer's vocabulary is"),
        (
            {"target_tokenizer": "sentencepiece", "joint": False, "min_count": 2},
            "'min_count' is for tokenizers of words",
        ),
        ({"batch_size": 2, "batch_tokens": 100}, "'batch_tokens' is for minibatches without a batch_size"),
        ({"script_only": True}, "'script_only' is for pairs of two languages: say source_language and"),
        ({"script_only": True, "target_language": "zh"}, "'script_only' is for pairs of two languages"),
        ({"width": 30, "heads": 4}, "width must be even and a multiple of heads: width 30, heads 4"),
        ({"width": 9, "heads": 3}, "width must be even and a multiple of heads"),
        ({"attention": "dot"}, "the setting 'attention' is for a recurrent model"),
        ({"teacher_forcing": 0.5}, "the setting 'teacher_forcing' is for a recurrent model"),
        ({"preset": "rnn", "norm": "post"}, "the setting 'norm' is for a transformer"),
        (
            {"tokenizer": "jieba", "byte_fallback": False},
            "'byte_fallback' is for the tokenizer 'sentencepiece'",
        ),
        (
            {"target_tokenizer": "jieba"},
            r"two tokenizers give two vocabularies: set joint = false \(--no-joint\)",
        ),
        ({"source_language": "de"}, "source_language is of use beside target_language only: say both"),
        ({"target_language": "chinese"}, "unknown language 'chinese'"),
        ({"target_language": "zh-CN"}, "languages go by two letters: 'zh', not 'zh-CN'"),
        ({"budget": "soon"}, "a time is written 90s, 15m, 1h or 1h30m"),
        ({"budget": "0s"}, "is longer than nothing; not '0s'"),
        ({"preset": "rrn"}, "'preset'"),
        ({"lerning_rate": 1}, "unknown setting 'lerning_rate': did you mean 'learning_rate'"),
        ({"epochs": 0}, "'epochs': input should be greater than or equal to 1, not 0"),
    ],
)
def test_what_does_not_go_together(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as told:
        config(**settings)
    assert "\n" not in str(told.value)


def test_the_network_is_as_the_settings_say() -> None:
    small: dict[str, Any] = {"width": 8, "layers": 1, "heads": 2}

    def network(**settings: Any) -> Any:
        return make_network(config(**small, **settings), source_size=11, target_size=11)

    shared = network()
    assert shared.source_embedding.weight is shared.target_embedding.weight is shared.output.weight
    assert network(backend="scratch").settings.backend == "scratch"
    apart = network(tied=False)
    weights = (apart.source_embedding.weight, apart.target_embedding.weight, apart.output.weight)
    assert len({weight.data_ptr() for weight in weights}) == 3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h", 3600), ("1h30m", 5400), ("1h 2m 3s", 3723), ("0.5H", 1800)],
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "15", "m", "-5m", "5m1h", "1d", "1e3s", "٣m", "9" * 400 + "h"])
def test_no_length_of_time(text: str) -> None:
    with pytest.raises(UsageError, match="a time is written"):
        parse_duration(text)


def test_every_schedule_can_be_set() -> None:
    from textkit.models.schedules import SCHEDULES

    for name in SCHEDULES:
        assert config(schedule=name).schedule == name
