"""The story of a classifier: trained, saved, loaded, resumed, cross-validated; and what it refuses."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textkit
from textkit.errors import CheckpointError, InputError, Interrupted, UsageError
from textkit.tasks.classification import (
    ClassifierConfig,
    LabelledTexts,
    SavedClassifier,
    cross_validate,
    load_classifier,
    resume,
    train,
)
from textkit.tasks.classification.decisions import tune_thresholds
from textkit.tasks.classification.fitting import hold_out
from textkit.tasks.language_model import load_model
from textkit.tasks.language_model import resume as resume_language_model
from textkit.tasks.language_model.network_info import describe_network
from textkit.train.manifest import to_text

GOOD = ["房间干净", "服务很好", "非常满意", "早餐不错", "还会再来", "位置方便"]
BAD = ["房间很脏", "服务太差", "非常失望", "早餐难吃", "不会再来", "位置偏僻"]
SMALL: dict[str, Any] = {
    "preset": "embedding-bag",
    "embedding": 8,
    "min_count": 1,
    "epochs": 3,
    "dropout": 0.3,
}


def labelled(size: int, *, seed: int = 0, labels: Sequence[str] = ("坏", "好")) -> LabelledTexts:
    """Texts of two opinions each, which share their label."""
    generator = np.random.default_rng(seed)
    pairs = []
    for number in range(size):
        words = (BAD, GOOD)[number % 2]
        first, second = generator.choice(len(words), 2, replace=False)
        pairs.append((f"{words[first]}，{words[second]}{number}", labels[number % 2]))
    return LabelledTexts.of(pairs, labels=sorted(labels))


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


def test_thresholds_tuned_on_dev_are_kept(tmp_path: Path) -> None:
    dev = labelled(40, seed=4)
    torn = LabelledTexts(dev.texts, np.where(np.arange(40) < 12, 1, dev.classes), dev.labels)
    said: list[str] = []
    train(
        labelled(60), ClassifierConfig(), out=tmp_path / "run", dev=torn, tune_threshold=True, say=said.append
    )
    saved = load_classifier(tmp_path / "run")
    expected = tune_thresholds(saved.probabilities(torn.texts), torn.classes)
    assert saved.decision.thresholds == expected
    plain = saved.deciding().classifier
    assert saved.evaluate(torn).macro_f1 >= load_classifier(tmp_path / "run").evaluate(torn).macro_f1 > 0
    assert plain.labels == saved.labels
    assert any(message.startswith("thresholds tuned on dev") for message in said)


def test_copies_are_told_of(tmp_path: Path) -> None:
    texts = labelled(40)
    torn = LabelledTexts((*texts.texts, texts.texts[0]), np.append(texts.classes, 1), texts.labels)
    said: list[str] = []
    held_out = texts.select(np.array([0, 1, 2]))
    train(torn, ClassifierConfig(), out=tmp_path / "run", test=held_out, say=said.append)
    assert said == [
        "1 training texts stand there with more than one label; textkit audit names them",
        "3 of 3 test texts (100.0%) are training texts too: what is measured on them is memory; textkit "
        "audit names them",
    ]


def test_a_network_is_trained_saved_and_loaded(tmp_path: Path) -> None:
    said: list[str] = []
    config = ClassifierConfig(**SMALL)
    results = train(labelled(80), config, out=tmp_path / "run", test=labelled(20, seed=1), say=said.append)
    assert said[0] == "8 of 80 texts are held out to stop by"
    saved = load_classifier(tmp_path / "run")
    assert saved.evaluate(labelled(20, seed=1)).as_dict() == results["test"].as_dict()
    np.testing.assert_allclose(saved.probabilities(["好", ""]).sum(axis=1), 1)


def test_a_network_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    config = ClassifierConfig(**SMALL)
    texts, dev, test = labelled(80), labelled(20, seed=1), labelled(20, seed=2)
    whole = train(texts, config, out=tmp_path / "whole", dev=dev, test=test, tune_threshold=True)
    steps = _stopping_after(3)
    with pytest.raises(Interrupted, match=r"go on with: textkit train-classifier --resume .*run"):
        train(
            texts, config, out=tmp_path / "run", dev=dev, test=test, tune_threshold=True,
            watch=lambda _progress, _steps: next(steps),
        )  # fmt: skip
    resumed = resume(tmp_path / "run")
    assert {name: each.as_dict() for name, each in resumed.items()} == {
        name: each.as_dict() for name, each in whole.items()
    }
    ours, theirs = (load_classifier(tmp_path / name) for name in ("run", "whole"))
    np.testing.assert_array_equal(ours.probabilities(test.texts), theirs.probabilities(test.texts))
    assert ours.decision == theirs.decision


def _stopping_after(steps: int) -> Iterator[None]:
    """Ctrl-C at a step."""
    import os
    import signal

    for number in range(10_000):
        if number == steps:
            os.kill(os.getpid(), signal.SIGINT)
        yield


def test_a_network_is_trained_for_longer(tmp_path: Path) -> None:
    config = ClassifierConfig(**SMALL)
    train(labelled(60), config, out=tmp_path / "run")
    resume(tmp_path / "run", epochs=5)
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["last"]["epoch"] == 5
    with pytest.raises(UsageError, match="at least 1"):
        resume(tmp_path / "run", epochs=0)


def test_a_linear_classifier_is_not_resumed(linear: Path) -> None:
    with pytest.raises(UsageError, match="nothing to resume"):
        resume(linear)


@pytest.mark.parametrize("preset", ["linear", "embedding-bag"])
def test_learning_from_unlabelled_texts(tmp_path: Path, preset: str) -> None:
    settings: dict[str, Any] = SMALL if preset != "linear" else {"semi_rounds": 1}
    config = ClassifierConfig(**(settings | {"preset": preset, "semi": "self-training"}))
    train(labelled(40), config, out=tmp_path / "run", unlabelled=labelled(40, seed=5).texts)
    assert load_classifier(tmp_path / "run").labels == ("坏", "好")


@pytest.mark.parametrize(
    ("texts", "settings", "arguments", "message"),
    [
        ([("a", "1"), ("b", "1")], {}, {}, "all 2 texts have the label '1'; give texts of two at least"),
        ([(str(n), f"text {n}") for n in range(30)], {}, {}, "30 labels for 30 texts: is the text where the"),
        ([("a", "1"), ("b", "0")], {}, {"unlabelled": ["c"]}, "learnt from by the setting semi"),
        (
            [("a", "1"), ("b", "0")],
            {"semi": "entropy"},
            {},
            "semi = entropy learns from texts without labels",
        ),
        ([("a", "1"), ("b", "0")], {}, {"tune_threshold": True}, "thresholds are tuned on development texts"),
        ([("a", "1"), ("b", "0")], SMALL, {}, "2 texts are too few to hold out a part of 0.1"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(
    tmp_path: Path, texts: Any, settings: Any, arguments: Any, message: str
) -> None:
    with pytest.raises((InputError, UsageError)) as raised:
        train(LabelledTexts.of(texts), ClassifierConfig(**settings), out=tmp_path / "run", **arguments)
    assert message in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_held_out_texts_have_the_labels_of_training(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the dev texts must be read with the labels"):
        train(labelled(20), ClassifierConfig(), out=tmp_path / "run", dev=LabelledTexts.of([("a", "x")]))


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


def test_held_out_parts_are_stratified_and_keep_copies_together() -> None:
    texts = labelled(100)
    doubled = LabelledTexts(texts.texts * 2, np.tile(texts.classes, 2), texts.labels)
    shown, dev = hold_out(doubled, ClassifierConfig(**SMALL))
    assert (len(shown), len(dev)) == (180, 20)
    assert np.bincount(dev.classes).tolist() == [10, 10]
    assert not set(shown.texts) & set(dev.texts)


def test_a_class_of_one_text_is_learnt_from() -> None:
    many = [(f"文本{number}", f"{number // 2}") for number in range(40)]
    rare = [(f"生僻{number}", f"r{number}") for number in range(20)]
    texts = LabelledTexts.of(many + rare)
    shown, dev = hold_out(texts, ClassifierConfig(**SMALL))
    assert len(np.unique(shown.classes)) == 40
    assert 0 < len(dev) == 60 - len(shown)


def test_balanced_classes_reach_what_adversarial_training_adds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from textkit.tasks.classification import network_training

    kept: list[list[float]] = []

    def fit(config: Any, run: Any, prepared: Any, *, penalties: Any, **_more: Any) -> None:
        kept.extend(penalty.class_weights.tolist() for penalty in penalties)
        raise InputError("seen")

    monkeypatch.setattr(network_training, "fit_network", fit)
    texts = labelled(40).select(np.r_[np.arange(0, 40, 2), np.arange(1, 21, 2)])
    for weight in ("none", "balanced"):
        config = ClassifierConfig(**SMALL, adversarial="fgsm", class_weight=weight)
        with pytest.raises(InputError, match="seen"):
            train(texts, config, out=tmp_path / weight, dev=labelled(10, seed=1))
    assert kept == [[1.0, 1.0], pytest.approx([0.75, 1.5])]


def test_cross_validation_measures_each_text_once() -> None:
    texts = labelled(60)
    said: list[str] = []
    found = cross_validate(texts, ClassifierConfig(), folds=3, say=said.append)
    assert [fold.texts for fold in found.folds] == [20, 20, 20]
    assert found.pooled.accuracy == pytest.approx(np.mean([fold.accuracy for fold in found.folds]))
    mean, error = found.summary()["accuracy"]
    values = [fold.accuracy for fold in found.folds]
    assert (mean, error) == pytest.approx((np.mean(values), np.std(values, ddof=1) / np.sqrt(3)))
    again = cross_validate(texts, ClassifierConfig(), folds=3)
    assert again.as_dict() == found.as_dict()
    assert len(said) == 3


def test_cross_validation_of_a_network_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = cross_validate(labelled(60), ClassifierConfig(**(SMALL | {"epochs": 1})), folds=2)
    assert found.pooled.texts == 60
    assert not list(tmp_path.iterdir())


def test_folds_that_cannot_be() -> None:
    with pytest.raises(UsageError, match="folds must lie between 2 and the 20 records"):
        cross_validate(labelled(20), ClassifierConfig(), folds=21)


def test_a_run_in_which_another_training_is_at_work(tmp_path: Path) -> None:
    from textkit.train.lock import alone_in

    run = tmp_path / "run"
    train(labelled(40), ClassifierConfig(**SMALL), out=run)
    before = (run / "manifest.json").read_bytes()
    for epochs in (None, 9):
        with alone_in(run), pytest.raises(CheckpointError, match="another training is at work"):
            resume(run, epochs=epochs)
    assert (run / "manifest.json").read_bytes() == before


def test_training_texts_of_a_run_that_are_gone_or_changed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(labelled(40), ClassifierConfig(**SMALL), out=run, test=labelled(6, seed=1))
    held_out = run / "data" / "test" / "texts.json"
    held_out.write_text(held_out.read_text() + " ")
    with pytest.raises(CheckpointError, match="checksum differs"):
        resume(run)
    held_out.unlink()
    with pytest.raises(CheckpointError, match=r"texts\.json: cannot be read"):
        resume(run)
    assert load_classifier(run).labels == ("坏", "好")


@pytest.mark.parametrize(
    ("pairs", "folds", "message"),
    [
        ([("好", "1"), ("坏", "0")], 2, "fold 1 of 2 would lack texts of two labels to learn from"),
        ([("好", "1"), ("坏", "0")] * 20, 5, "would lack a text to measure with .copies share a fold.; give"),
        ([("好", "1"), ("坏", "0")] * 20, 41, "folds must lie between 2 and the 40 records, not 41"),
    ],
)
def test_folds_that_cannot_be_are_refused_before_the_work(
    pairs: list[tuple[str, str]], folds: int, message: str
) -> None:
    said: list[str] = []
    with pytest.raises(UsageError, match=message):
        cross_validate(LabelledTexts.of(pairs), ClassifierConfig(), folds=folds, say=said.append)
    assert not any(line.startswith("fold") for line in said)


def test_a_device_that_is_not_there_leaves_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(UsageError, match="the device 'cuda' needs a GPU"):
        train(labelled(40), ClassifierConfig(**(SMALL | {"device": "cuda"})), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


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


def test_of_many_classes_the_manifest_keeps_no_confusion_matrix(tmp_path: Path) -> None:
    pairs = [(f"类{number} 之{copy}", f"{number:03}") for number in range(101) for copy in range(2)]
    texts, said = LabelledTexts.of(pairs), list[str]()
    config = ClassifierConfig(tokenizer="whitespace", words=1, characters=0)
    measured = train(texts, config, out=tmp_path / "run", dev=texts, tune_threshold=True, say=said.append)
    assert measured["dev"].as_dict()["confusion"]
    results = json.loads((tmp_path / "run" / "manifest.json").read_text())["results"]
    assert "confusion" not in results["dev"]
    assert results["dev"]["accuracy"] == measured["dev"].accuracy
    tuned = next(line for line in said if line.startswith("thresholds"))
    assert tuned.endswith(", ... (101)")
