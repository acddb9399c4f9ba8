"""The recipe of a run: whatever decides the result changes it, and what does not leaves it alone."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from textkit.tasks.language_model import LanguageModelConfig, train
from textkit.text import Vocab
from textkit.text.clean import preset
from textkit.text.tokenizers.characters import CharacterTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit.train import recipe
from textkit.train.checkpoint import RunFolder

# Settings under which each field of a config means something, one after the other.
BASES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("textkit.tasks.language_model", "LanguageModelConfig"): [
        {"model": "lstm"},
        {"model": "transformer"},
        {"model": "ngram"},
        {"model": "lstm", "unit": "subword"},
        {"model": "lstm", "unit": "char"},
    ],
    ("textkit.tasks.classification.config", "ClassifierConfig"): [
        {"preset": name} for name in ("linear", "fast", "textcnn", "bigru", "lstm", "embedding-bag", "book")
    ],
    ("textkit.tasks.tagging", "TaggerConfig"): [{}],
    ("textkit.tasks.translation", "TranslatorConfig"): [
        {},
        {"preset": "rnn"},
        {"tokenizer": "whitespace", "joint": False},
        {"source_language": "de", "target_language": "en"},
    ],
}


def configs() -> Iterator[tuple[type[BaseModel], str, list[dict[str, Any]]]]:
    """Every field of every config."""
    for (module, name), bases in BASES.items():
        kind = getattr(importlib.import_module(module), name)
        for field in kind.model_fields:
            yield kind, field, bases


def other(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str() | None:
            return f"{value}-other"
        case dict():
            return {**value, "other": 1}
        case _:
            return [*value, 1]


@pytest.mark.filterwarnings("ignore:Pydantic serializer")  # the other values are not of every setting's type
@pytest.mark.parametrize(
    ("kind", "field", "bases"),
    [pytest.param(*each, id=f"{each[0].__name__}-{each[1]}") for each in configs()],
)
def test_any_setting_changes_it(kind: Any, field: str, bases: list[dict[str, Any]], tmp_path: Path) -> None:
    changed = []
    for base in bases:
        config = kind(**base)
        numbers = set()
        for settings in (config, config.model_copy(update={field: other(getattr(config, field))})):
            (tmp_path / "config.toml").write_text(settings.toml(), encoding="utf-8")
            sums = {"config.toml": recipe.digest(settings.toml())}
            document = {"kind": "k", "recipe": recipe.of_files(tmp_path, sums, {})}
            numbers.add(recipe.number(document))
        changed.append(len(numbers) == 2)
    assert any(changed), f"{field} is not in config.toml, or not in the recipe"


PIPELINE = preset("none").then(WhitespaceTokenizer())
VOCAB = Vocab.build([["a", "b"]])
CONFIG = "seed = 1\n"


def made(folder: Path, **changes: Any) -> RunFolder:
    """A run, but for `changes`."""
    parts: dict[str, Any] = {
        "kind": "lstm",
        "config": CONFIG,
        "pipeline": PIPELINE,
        "vocab": VOCAB,
        "deciding": {"threads": 1, "device": "cpu", "data": {"train": "t"}},
    }
    return RunFolder.create(folder, **(parts | changes))


def files(**texts: str) -> Any:
    """Something to fill a run with: its data."""

    def fill(run: RunFolder) -> None:
        for name, text in texts.items():
            (folder := run.path / "data" / name).mkdir(parents=True)
            (folder / "ids.i32").write_text(text)

    return fill


CHANGES: dict[str, dict[str, Any]] = {
    "kind": {"kind": "gru"},
    "a setting": {"config": "seed = 2\n"},
    "cleaning": {"pipeline": preset("basic").then(WhitespaceTokenizer())},
    "the tokenizer": {"pipeline": preset("none").then(CharacterTokenizer())},
    "a word": {"vocab": Vocab.build([["a", "c"]])},
    "threads": {"deciding": {"threads": 2, "device": "cpu", "data": {"train": "t"}}},
    "device": {"deciding": {"threads": 1, "device": "cuda", "data": {"train": "t"}}},
    "texts not kept": {"deciding": {"threads": 1, "device": "cpu", "data": {"train": "u"}}},
    "texts kept": {"fill": files(train="other")},
    "validation texts": {"fill": files(valid="some")},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_decides_changes_it(tmp_path: Path, change: str) -> None:
    one, two = made(tmp_path / "one"), made(tmp_path / "two", **CHANGES[change])
    assert recipe.number(one.document) != recipe.number(two.document)
    assert one.document["signature"] != two.document["signature"]


def test_the_same_has_the_same(tmp_path: Path) -> None:
    one, two = made(tmp_path / "one"), made(tmp_path / "two", fill=files(test="not learnt from"))
    assert recipe.line(one.document) == recipe.line(two.document)
    assert one.document["signature"] == two.document["signature"]


def test_what_is_recorded_later_counts(tmp_path: Path) -> None:
    run = made(tmp_path / "run")
    before = run.document["signature"]
    run.record("results", {"test": {}})
    assert run.document["signature"] == before
    run.record("precision", "bf16")
    run.record("epochs", 7)
    assert run.document["signature"] != before
    assert run.document["signature"].count("recipe") == 1
    read = RunFolder.open(run.path)
    assert read.document["signature"].endswith(recipe.number(read.document))
    assert "bf16, epochs 7" in recipe.line(read.document)


def test_a_run_without_a_recipe_is_read(tmp_path: Path) -> None:
    run = made(tmp_path / "old", deciding=None)
    run.record("precision", "fp32")
    assert recipe.line(RunFolder.open(run.path).document) == ""
    assert "recipe" not in run.document["signature"]


TEXT = ["a b c", "b a c", "c c a", "a a b"] * 4
NETWORK = {"embedding": 4, "hidden": 4, "epochs": 1, "batch_size": 2, "steps": 4, "precision": "fp32"}


@pytest.mark.parametrize("settings", [{"model": "ngram", "order": 2}, {"model": "gru", **NETWORK}])
def test_the_same_recipe_gives_the_same_weights(tmp_path: Path, settings: dict[str, Any]) -> None:
    def trained(name: str, lines: list[str], test: list[str] | None = None, **more: Any) -> tuple[str, Any]:
        config = LanguageModelConfig(**(settings | more))
        train(lines, config, out=tmp_path / name, valid=["b b a"], test=test)
        run = RunFolder.open(tmp_path / name)
        sums = {key: entry["sha256"] for key, entry in run.document["files"].items()}
        kept = ("best", "last", "model")
        return recipe.number(run.document), {key: sums[key] for key in sums if key.startswith(kept)}

    first = trained("one", TEXT)
    assert first == trained("two", TEXT)
    assert first == trained("tested", TEXT, test=["a c"])
    shorter = trained("shorter", TEXT[:-1])
    assert shorter[0] != first[0]
    assert shorter[1] != first[1]
    if settings["model"] != "ngram":
        reseeded = trained("reseeded", TEXT, seed=9)
        assert reseeded[0] != first[0]
        assert reseeded[1] != first[1]
