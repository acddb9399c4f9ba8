"""Training a classifier: what it learns from, what it tells, how it is resumed, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.errors import CheckpointError, InputError, Interrupted, UsageError
from textkit.tasks.classification import ClassifierConfig, LabelledTexts, load_classifier, resume, train
from textkit.tasks.classification.decisions import tune_thresholds

from .opinion_texts import SMALL, labelled


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


def test_a_device_that_is_not_there_leaves_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(UsageError, match="the device 'cuda' needs a GPU"):
        train(labelled(40), ClassifierConfig(**(SMALL | {"device": "cuda"})), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


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
