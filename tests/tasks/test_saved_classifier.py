"""A classifier's run: what it holds, how it judges texts, and damaged runs that are refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textkit
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.tasks.classification import ClassifierConfig, SavedClassifier, load_classifier, resume, train
from textkit.tasks.language_model import load_model
from textkit.tasks.language_model import resume as resume_language_model
from textkit.tasks.language_model.network_info import describe_network
from textkit.train.manifest import to_text

from .opinion_texts import labelled


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier") / "run"
    train(labelled(80), ClassifierConfig(), out=folder, dev=labelled(20, seed=1))
    return folder


def test_a_linear_run_holds_everything(linear: Path) -> None:
    saved = load_classifier(linear)
    assert saved.labels == ("坏", "好")
    assert saved.config == ClassifierConfig()
    good, bad, empty = saved.predict(["服务很好，满意", "早餐难吃，失望", ""])
    assert (good.label, bad.label) == ("好", "坏")
    assert good.probability == max(good.probabilities) > 0.5
    assert sum(empty.probabilities) == pytest.approx(1)
    document = json.loads((linear / "manifest.json").read_text())
    assert document["kind"] == "classifier"
    assert document["results"]["dev"]["accuracy"] == saved.evaluate(labelled(20, seed=1)).accuracy
    assert not [path for path in linear.iterdir() if path.suffix in (".pkl", ".pt", ".joblib")]


def test_many_texts_are_judged_in_batches_as_alone(linear: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved, texts = load_classifier(linear), labelled(23, seed=2).texts
    whole = saved.probabilities(texts)
    monkeypatch.setattr("textkit.tasks.classification.saved.BATCH", 5)
    np.testing.assert_allclose(saved.probabilities(texts), whole, rtol=1e-6)
    assert [each.label for each in saved.stream(iter(texts))] == [each.label for each in saved.predict(texts)]
    assert saved.probabilities([]).shape == (0, 2)
    assert saved.predict([]) == []
    for judge in (saved.predict, saved.probabilities):
        with pytest.raises(InputError, match="texts must be a list of strings, not one string: put it into"):
            judge("很好")


def test_the_library_loads_what_a_run_holds(linear: Path) -> None:
    assert textkit.load(linear).labels == textkit.load(linear, "classifier").labels == ("坏", "好")
    with pytest.raises(CheckpointError, match="holds a classifier, not a language model"):
        textkit.load(linear, "language model")


def test_other_tasks_say_that_it_is_a_classifier(linear: Path, tmp_path: Path) -> None:
    for use in (load_model, resume_language_model, describe_network):
        with pytest.raises(
            CheckpointError, match="holds a classifier, not a language model; textkit classify"
        ):
            use(linear)
    from textkit.tasks.language_model import make_config
    from textkit.tasks.language_model import train as train_language_model

    train_language_model(["a b"], make_config({"model": "ngram", "order": 2}), out=tmp_path / "lm")
    with pytest.raises(CheckpointError, match=r"holds a language model \(ngram\), not a classifier"):
        load_classifier(tmp_path / "lm")


def test_probabilities_of_a_run_decide_with_thresholds(linear: Path) -> None:
    saved, texts = load_classifier(linear), labelled(20, seed=3).texts
    all_good = saved.deciding(thresholds={"好": 1e-9})
    assert {each.label for each in all_good.predict(texts)} == {"好"}
    careful = saved.deciding(unsure=0.99999999)
    assert {each.label for each in careful.predict(texts)} == {"unsure"}
    with pytest.raises(UsageError, match="unknown label '妙'"):
        saved.deciding(thresholds={"妙": 0.5})


def test_a_linear_classifier_is_not_resumed(linear: Path) -> None:
    with pytest.raises(UsageError, match="nothing to resume"):
        resume(linear)


def test_a_folder_that_is_taken_is_refused(linear: Path) -> None:
    with pytest.raises(CheckpointError, match="already exists"):
        train(labelled(20), ClassifierConfig(), out=linear)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("labels", ["a"], "does not name two"),
        ("labels", "ab", "does not name two"),
        ("thresholds", [0.5], "'thresholds' must be a probability for each label"),
        ("thresholds", [0.5, "x"], "'thresholds' must be a probability for each label"),
        ("thresholds", 3, "'thresholds' must be a probability for each label"),
    ],
)
def test_a_damaged_manifest_is_said_to_be(tmp_path: Path, key: str, value: Any, message: str) -> None:
    train(labelled(20), ClassifierConfig(), out=tmp_path / "run")
    manifest = tmp_path / "run" / "manifest.json"
    manifest.write_text(to_text(json.loads(manifest.read_text()) | {key: value}))
    with pytest.raises(CheckpointError, match=message):
        load_classifier(tmp_path / "run")


def test_damaged_weights_are_said_to_be(tmp_path: Path) -> None:
    train(labelled(20), ClassifierConfig(), out=tmp_path / "run")
    weights = next((tmp_path / "run").glob("best-*"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(CheckpointError, match="damaged: checksum differs"):
        load_classifier(tmp_path / "run")


def test_settings_of_another_version_are_no_usage_error(linear: Path, tmp_path: Path) -> None:
    shutil.copytree(linear, tmp_path / "run")
    data = b"new_setting = 1\n"
    (tmp_path / "run" / "config.toml").write_bytes(data)
    manifest = tmp_path / "run" / "manifest.json"
    document = json.loads(manifest.read_text())
    document["files"]["config.toml"] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest.write_text(to_text(document))
    with pytest.raises(CheckpointError, match=r"config.toml: damaged, or of another version.*'new_setting'"):
        load_classifier(tmp_path / "run")


def test_arrays_that_do_not_fit_are_named_with_their_run(linear: Path, tmp_path: Path) -> None:
    shutil.copytree(linear, tmp_path / "run")
    manifest = tmp_path / "run" / "manifest.json"
    document = json.loads(manifest.read_text())
    manifest.write_text(to_text(document | {"labels": ["a", "b", "c"]}))
    with pytest.raises(
        CheckpointError, match=r"run: damaged: these are not the weights of such a classifier"
    ):
        load_classifier(tmp_path / "run")


def test_probabilities_that_are_no_numbers_are_no_answer(linear: Path) -> None:
    class Broken:
        labels = ("0", "1")

        def probabilities(self, texts: Sequence[str], /) -> np.ndarray:
            return np.full((len(texts), 2), np.nan)

        scores = probabilities

    whole = load_classifier(linear)
    assert repr(whole) == "SavedClassifier(preset='linear', labels=('坏', '好'))"
    saved = SavedClassifier(Broken(), whole.config, whole.pipeline)
    for judge in (saved.predict, saved.probabilities):
        with pytest.raises(CheckpointError, match=r"no numbers .NaN.: its weights are damaged"):
            judge(["text"])
