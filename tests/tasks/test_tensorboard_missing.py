"""Without TensorBoard a training that asks for it says so before anything else, and leaves nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from textkit.errors import UsageError
from textkit.tasks import classification, language_model, tagging, translation


def unread() -> Iterator[Any]:
    raise AssertionError("data were read")
    yield


def train_classifier(out: Path) -> None:
    texts = classification.LabelledTexts.of([("good", "1"), ("bad", "0")] * 20)
    config = classification.ClassifierConfig(preset="textcnn", tokenizer="whitespace", tensorboard=True)
    classification.train(texts, config, out=out)


def train_language_model(out: Path) -> None:
    config = language_model.make_config({"model": "lstm", "tensorboard": True})
    language_model.train(unread(), config, out=out)


def train_tagger(out: Path) -> None:
    tagging.train(unread(), tagging.TaggerConfig(tensorboard=True), out=out)


def train_translator(out: Path) -> None:
    translation.train(unread(), translation.TranslatorConfig(tensorboard=True), out=out)


@pytest.mark.parametrize("train", [train_classifier, train_language_model, train_tagger, train_translator])
def test_a_missing_package_leaves_no_run(train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UsageError, match="TensorBoard is not installed: pip install"):
        train(tmp_path / "run")
    assert not (tmp_path / "run").exists()
