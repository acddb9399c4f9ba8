"""A network learns classes from texts, stops in time, and goes on as if it had never stopped."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textkit.errors import CheckpointError, Interrupted
from textkit.models.calibration import Calibration
from textkit.models.text_network import Passage, TextNetwork
from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.network import NetworkClassifier, load_network_classifier, make_network
from textkit.tasks.classification.network_training import class_weights, fit_network, make_trainer
from textkit.tasks.classification.prepared_texts import PreparedTexts
from textkit.train.checkpoint import RunFolder
from textkit.train.weights import arrays

from .review_texts import PIPELINE, configured, reviews

PRESETS = ("book", "textcnn", "bigru", "lstm", "embedding-bag")
Begin = Callable[..., tuple[RunFolder, PreparedTexts]]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """A function: settings and texts to a run folder and what was prepared for it."""

    def made(
        config: ClassifierConfig,
        *,
        name: str = "run",
        train: LabelledTexts | None = None,
        unlabelled: Sequence[str] = (),
    ) -> tuple[RunFolder, PreparedTexts]:
        prepared = PreparedTexts.of(
            config,
            pipeline=PIPELINE,
            train=train or reviews(120),
            dev=reviews(60, seed=1),
            unlabelled=unlabelled,
        )
        run = RunFolder.create(
            tmp_path / name,
            kind="classifier",
            config=config.toml(),
            pipeline=PIPELINE,
            vocab=prepared.vocab,
            fill=prepared.fill,
        )
        return run, prepared

    return made


def accuracy(classifier: NetworkClassifier, texts: LabelledTexts) -> float:
    return float((classifier.probabilities(texts.texts).argmax(axis=1) == texts.classes).mean())


@pytest.mark.parametrize("preset", PRESETS)
def test_every_network_learns_and_comes_back_from_its_run(preset: str, begin: Begin) -> None:
    config = configured(preset, epochs=8, learning_rate=0.02, dropout=0.1)
    messages: list[str] = []
    run, prepared = begin(config)
    classifier = fit_network(config, run, prepared, say=messages.append)
    test = reviews(100, seed=2)
    assert accuracy(classifier, test) > 0.93
    assert messages[0].startswith("epoch 1: validation loss ")
    assert "texts/s; best validation loss " in messages[-1]
    again = load_network_classifier(RunFolder.open(run.path), config)
    assert again.labels == ("bad", "good")
    np.testing.assert_array_equal(again.scores(test.texts), classifier.scores(test.texts))
    np.testing.assert_array_equal(again.probabilities(test.texts), classifier.probabilities(test.texts))
    np.testing.assert_allclose(again.probabilities(test.texts).sum(axis=1), 1)


def test_scores_do_not_depend_on_the_company(begin: Begin) -> None:
    config = configured("bigru", epochs=1)
    classifier = fit_network(config, *begin(config))
    texts = [*reviews(40, seed=3).texts, "", "fine " * 300, "never seen"]
    scores = classifier.scores(texts)
    assert scores.shape == (43, 2)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, classifier.scores(texts))
    for text, expected in zip(texts, scores, strict=True):
        np.testing.assert_allclose(classifier.scores([text])[0], expected, atol=1e-5)
    assert classifier.scores([]).shape == (0, 2)
    assert classifier.probabilities([]).shape == (0, 2)


def test_encoding_gives_the_ids_of_the_words_that_are_read(begin: Begin) -> None:
    config = configured(max_length=8, epochs=1)
    run, prepared = begin(config)
    classifier = fit_network(config, run, prepared)
    texts = ["fine \u3000 never-seen late", "", " ", "fine " * 20]
    ids, lengths = classifier.encode(texts)
    tokens = classifier.tokens(texts)
    assert tokens == [["fine", "never-seen", "late"], ["<unk>"], ["<unk>"], ["fine"] * 8]
    assert lengths.tolist() == [3, 1, 1, 8]
    assert ids.shape == (4, 8)
    for row, length, words in zip(ids, lengths, tokens, strict=True):
        assert row[:length].tolist() == prepared.vocab.encode(words)
    with torch.no_grad():
        direct = classifier.network(ids, lengths)
    shifted = direct.double().numpy() + classifier.shift
    np.testing.assert_allclose(shifted, classifier.scores(texts), atol=1e-5)


def interrupt_at(step: int) -> Callable[[Any, int], None]:
    def watch(progress: Any, _steps: int) -> None:
        if progress.step == step:
            signal.raise_signal(signal.SIGINT)

    return watch


@pytest.mark.parametrize(("preset", "unlabelled"), [("textcnn", False), ("bigru", True)])
def test_an_interrupted_training_goes_on_as_if_it_had_not_been(
    preset: str, unlabelled: bool, begin: Begin
) -> None:
    config = configured(preset, dropout=0.4, dropout_words=0.2, clip=0.5)
    more = reviews(90, seed=5).texts if unlabelled else ()

    def certain(_network: TextNetwork, passage: Passage) -> torch.Tensor:
        log_probs = passage.logits.log_softmax(dim=1)
        return -0.1 * (log_probs.exp() * log_probs).sum(dim=1).mean()

    penalties = (certain,) if unlabelled else ()
    run, prepared = begin(config, name="whole", unlabelled=more)
    whole = fit_network(config, run, prepared, penalties=penalties)
    cut, _ = begin(config, name="cut", unlabelled=more)
    for step in (3, 11):  # in the middle of the first epoch and of the second
        opened = RunFolder.open(cut.path)
        with pytest.raises(Interrupted, match=f"stopped at step {step}; nothing is lost"):
            fit_network(
                config, opened, PreparedTexts.load(opened), penalties=penalties, watch=interrupt_at(step)
            )
    opened = RunFolder.open(cut.path)
    resumed = fit_network(config, opened, PreparedTexts.load(opened), penalties=penalties)
    expected = run.arrays("last")
    assert expected.keys() == opened.arrays("last").keys()
    for name, array in opened.arrays("last").items():
        np.testing.assert_array_equal(array, expected[name])
    texts = reviews(20, seed=4).texts
    np.testing.assert_array_equal(resumed.probabilities(texts), whole.probabilities(texts))
    assert resumed.calibration.slope == whole.calibration.slope


def test_another_seed_is_another_network(begin: Begin) -> None:
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        config = configured("embedding-bag", epochs=1, seed=seed)
        run, prepared = begin(config, name=name)
        fit_network(config, run, prepared)
        found.append(run.arrays("best")["output.weight"])
    assert np.array_equal(found[0], found[1])
    assert not np.allclose(found[0], found[2])


def test_training_stops_when_it_no_longer_helps_and_keeps_the_best(begin: Begin) -> None:
    config = configured("embedding-bag", epochs=30, patience=2, learning_rate=0.5, dropout=0.0)
    messages: list[str] = []
    run, prepared = begin(config)
    classifier = fit_network(config, run, prepared, say=messages.append)
    losses = [float(line.rsplit(" ", 1)[1]) for line in messages if line.startswith("epoch")]
    assert len(losses) < 30
    best = int(np.argmin(losses))
    assert len(losses) - 1 - best == 2
    assert run.info("best")["epoch"] == best + 1
    scores = torch.from_numpy(classifier.scores(reviews(60, seed=1).texts) - classifier.shift)
    loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(prepared.dev.classes))
    assert float(loss) == pytest.approx(losses[best], abs=1e-4)
    assert run.info("best")["valid_loss"] == pytest.approx(float(loss))
    fit_network(config, run, prepared, say=messages.append)
    assert "there is nothing left to train: validation has not improved 2 times" in messages[-1]


@pytest.mark.parametrize("kind", ["none", "balanced"])
def test_probabilities_are_calibrated_on_the_dev_texts(kind: str, begin: Begin) -> None:
    config = configured("embedding-bag", epochs=2, class_weight=kind)
    run, prepared = begin(config, train=reviews(120, share=0.3))
    classifier = fit_network(config, run, prepared)
    dev = reviews(60, seed=1)
    scores, counts = classifier.scores(dev.texts), class_weights(config, prepared.train, classes=2)
    logits, found = scores - classifier.shift, classifier.probabilities(dev.texts)
    expected = Calibration.of(logits, dev.classes, weights=counts.double().numpy()[dev.classes])
    np.testing.assert_allclose(found, expected.probabilities(logits))
    np.testing.assert_array_equal(scores.argmax(1), found.argmax(1))


def test_balanced_classes_make_the_rare_one_likelier(begin: Begin) -> None:
    found = {}
    for kind in ("none", "balanced"):
        config = configured("embedding-bag", class_weight=kind, epochs=4, learning_rate=0.01)
        run, prepared = begin(config, name=kind, train=reviews(150, share=0.1))
        classifier = fit_network(config, run, prepared)
        found[kind] = classifier.scores(reviews(80, seed=9).texts)
    rare = {kind: (scores[:, 1] - scores[:, 0]).mean() for kind, scores in found.items()}
    assert rare["balanced"] > rare["none"] + 0.5


def test_a_network_starts_with_a_silent_unknown_word() -> None:
    for preset in PRESETS:
        config = configured(preset)
        prepared = PreparedTexts.of(config, pipeline=PIPELINE, train=reviews(20), dev=reviews(5))
        network = make_network(config, prepared.vocab, classes=4)
        assert not arrays(network)["words.weight"][0].any()
        assert network(torch.tensor([[1]]), torch.tensor([1])).shape == (1, 4)


def test_a_run_that_lost_something_says_so(begin: Begin) -> None:
    config = configured("book", epochs=1)
    run, prepared = begin(config)
    with pytest.raises(CheckpointError, match="the run has no best model yet"):
        load_network_classifier(run, config)
    fit_network(config, run, prepared)
    whole = dict(run.document)
    broken: list[object] = [{"slope": 1, "biases": [0], "noise": 0}, {"slope": "x", "biases": [0, 0]}, {}, 3]
    for calibration in broken:
        run.document = {**whole, "calibration": calibration}
        with pytest.raises(CheckpointError, match="damaged: calibration"):
            load_network_classifier(run, config)
    run.document = {**whole, "labels": ["good"]}
    with pytest.raises(CheckpointError, match="does not name two labels"):
        load_network_classifier(run, config)
    run.document = {**whole, "labels": ["good", "bad", "neither"]}
    with pytest.raises(CheckpointError, match="weights do not fit the settings"):
        load_network_classifier(run, config)
    (run.path / "data" / "train" / "classes.npy").write_bytes(b"")
    run.document = whole
    with pytest.raises(CheckpointError, match="checksum differs"):
        PreparedTexts.load(run)


def test_the_log_speaks_of_texts(begin: Begin, curves: None) -> None:
    config = configured("book", epochs=1, log_every=2)
    run, prepared = begin(config)
    trainer = make_trainer(config, run, prepared, say=lambda _message: None)
    assert trainer.measure.name == "loss"
    fit_network(config, run, prepared)
    assert '"texts_per_second"' in (run.path / "log.jsonl").read_text()
    assert (run.path / "curve.png").exists()


@pytest.mark.slow
def test_what_decides_in_made_reviews_is_the_order_of_words(tmp_path: Path) -> None:
    import textkit_corpora
    from textkit.tasks.classification.fitting import make_pipeline

    corpus = textkit_corpora.load("reviews-zh")
    pairs = {split: [(text, label) for label, text in corpus.rows(split)] for split in ("train", "dev")}
    train, dev = (LabelledTexts.of(pairs[split], labels=("0", "1")) for split in ("train", "dev"))
    found = {}
    for preset in ("book", "textcnn"):
        config = ClassifierConfig.model_validate({"preset": preset, "device": "cpu"})
        pipeline = make_pipeline(config)
        prepared = PreparedTexts.of(config, pipeline=pipeline, train=train, dev=dev)
        run = RunFolder.create(
            tmp_path / preset,
            kind="classifier",
            config=config.toml(),
            pipeline=pipeline,
            vocab=prepared.vocab,
            fill=prepared.fill,
        )
        found[preset] = accuracy(fit_network(config, run, prepared), dev)
    assert found["book"] > 0.78
    assert found["textcnn"] > found["book"] + 0.01
