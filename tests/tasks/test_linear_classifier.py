"""The linear classifier from raw text to probabilities, on reviews and on what little can go wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

import textkit_corpora
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.evaluation import evaluate
from textkit.tasks.classification.fitting import make_pipeline
from textkit.tasks.classification.linear import LinearClassifier, fit_linear
from textkit.tasks.classification.linear_fitting import _folds


def fit(
    train: LabelledTexts, *, weights: Any = None, trusted: Any = None, **settings: Any
) -> LinearClassifier:
    config = ClassifierConfig(**settings)
    return fit_linear(train, config, pipeline=make_pipeline(config), weights=weights, trusted=trusted)


@pytest.fixture(scope="module")
def reviews() -> tuple[LabelledTexts, LabelledTexts]:
    corpus = textkit_corpora.load("reviews-zh")
    train = LabelledTexts.of((text, label) for label, text in corpus.rows("train"))
    dev = LabelledTexts.of(((text, label) for label, text in corpus.rows("dev")), labels=train.labels)
    return train.select(np.arange(1500)), dev


@pytest.fixture(scope="module", params=["linear", "fast"])
def fitted(request: pytest.FixtureRequest, reviews: tuple[LabelledTexts, LabelledTexts]) -> LinearClassifier:
    return fit(reviews[0], preset=request.param)


SAMPLES = [
    "房间很大，很好很好",
    "服務太差了，再也不來",
    "ＧＯＯＤ　不错",
    "😀 好",
    "never again: bad, bad!",
    "𠮷野家好吃",
]


def test_it_classifies_reviews_it_has_not_seen(
    fitted: LinearClassifier, reviews: tuple[LabelledTexts, LabelledTexts]
) -> None:
    _, dev = reviews
    found = fitted.probabilities(dev.texts)
    majority = np.bincount(dev.classes).max() / len(dev)
    assert (found.argmax(1) == dev.classes).mean() > majority + 0.15
    np.testing.assert_allclose(found.sum(1), 1)
    # 15 bins of few texts: chance alone makes 0.04.
    assert evaluate(found, dev.classes, dev.labels).calibration_error() < 0.08
    assert (fitted.scores(dev.texts).argmax(1) == found.argmax(1)).all()


def test_contributions_sum_to_the_scores(
    fitted: LinearClassifier, reviews: tuple[LabelledTexts, LabelledTexts]
) -> None:
    texts = [*SAMPLES, *reviews[1].texts[:40]]
    for text, scores in zip(texts, fitted.scores(texts), strict=True):
        parts = fitted.contributions(text)
        np.testing.assert_allclose(parts.values.sum(0) + parts.bias, scores, atol=1e-6)
        assert len(parts.names) == len(parts.starts) == len(parts.values) > 0
        assert (parts.starts < parts.ends).all()
        assert parts.ends.max() <= len(text)


def test_contributions_name_the_features(reviews: tuple[LabelledTexts, LabelledTexts]) -> None:
    classifier = fit(reviews[0])
    parts = classifier.contributions("早餐很好")
    spans = list(zip(parts.names, parts.starts.tolist(), parts.ends.tolist(), strict=True))
    assert ("早餐", 0, 2) in spans
    for name, start, end in spans:
        assert name.replace(" ", "") == "早餐很好"[start:end]


def test_a_text_without_a_known_feature_gets_the_prior(fitted: LinearClassifier) -> None:
    unknown = [chr(0x16A0 + i) for i in range(40)]  # a hash of a few is that of something known
    prior = np.isclose(fitted.probabilities(unknown), fitted.prior).all(1)
    assert prior.mean() > (0.8 if fitted.index.settings()["buckets"] else 0.99)
    for text in ["", "  ", unknown[int(prior.argmax())]]:
        np.testing.assert_allclose(fitted.probabilities([text])[0], fitted.prior)
        parts = fitted.contributions(text)
        np.testing.assert_allclose(parts.bias, fitted.scores([text])[0])
        assert not parts.values.any()
    assert fitted.prior.sum() == pytest.approx(1)
    assert fitted.probabilities([]).shape == fitted.scores([]).shape == (0, 2)


def test_it_is_the_same_after_a_file(fitted: LinearClassifier) -> None:
    arrays = load(save({name: np.ascontiguousarray(a) for name, a in fitted.arrays().items()}))
    preset = "fast" if fitted.index.settings()["buckets"] else "linear"
    config = ClassifierConfig(preset=preset)
    pipeline = make_pipeline(config)
    again = LinearClassifier.from_arrays(arrays, labels=fitted.labels, config=config, pipeline=pipeline)
    np.testing.assert_array_equal(again.probabilities([*SAMPLES, ""]), fitted.probabilities([*SAMPLES, ""]))
    np.testing.assert_array_equal(again.global_weights(), fitted.global_weights())
    for name in ("table", "calibration", "prior"):
        for broken in (arrays | {name: arrays[name][:1]}, arrays | {name: arrays[name] * np.nan}):
            with pytest.raises(CheckpointError, match=f"'{name}' is damaged"):
                LinearClassifier.from_arrays(broken, labels=fitted.labels, config=config, pipeline=pipeline)
    with pytest.raises(CheckpointError):
        LinearClassifier.from_arrays({}, labels=fitted.labels, config=config, pipeline=pipeline)


def test_values_that_fitting_never_gives_are_damage() -> None:
    classifier = fit(LabelledTexts.of(POLAR * 4))
    arrays = {name: np.ascontiguousarray(array) for name, array in classifier.arrays().items()}
    config = ClassifierConfig()
    for name, broken in {
        "table": -arrays["table"],
        "calibration": np.array([0.0, 0.0]),
        "prior": arrays["prior"] * 5,
        "typical": arrays["typical"] * 0,
        "index.document_frequency": -arrays["index.document_frequency"],
        "index.words.places": arrays["index.words.places"][:, None],
        "index.words.width": np.array([-1]),
        "index.characters.size": np.array([10**13]),
        "index.characters.parents": np.full_like(arrays["index.characters.parents"], -1),
    }.items():
        assert not np.array_equal(broken, arrays[name])
        with pytest.raises(CheckpointError):
            LinearClassifier.from_arrays(
                arrays | {name: broken},
                labels=classifier.labels,
                config=config,
                pipeline=make_pipeline(config),
            )


def test_the_same_seed_fits_the_same_classifier(reviews: tuple[LabelledTexts, LabelledTexts]) -> None:
    some = reviews[0].select(np.arange(200))
    one, other = fit(some, seed=3), fit(some, seed=3)
    np.testing.assert_array_equal(one.heads.table, other.heads.table)
    assert one.calibration.slope == other.calibration.slope


POLAR = [("good good room", "+"), ("very good", "+"), ("nice", "+"), ("bad bad room", "-"), ("very bad", "-")]


def test_which_words_speak_for_a_label() -> None:
    classifier = fit(LabelledTexts.of(POLAR * 4), tokenizer="whitespace", characters=0)
    assert classifier.top_features("+", count=1)[0][0] == "good"
    assert classifier.top_features("-", count=1)[0][0] == "bad"
    assert classifier.global_weights().shape == (classifier.index.width, 2)
    np.testing.assert_allclose(classifier.global_weights().sum(1), 0, atol=1e-6)
    with pytest.raises(UsageError, match=r"unknown label 'good'.*known"):
        classifier.top_features("good")
    both = fit(LabelledTexts.of(POLAR * 4), tokenizer="whitespace", characters=4)
    names, weights = both.index.names(), both.global_weights()[:, both.labels.index("+")]
    found = both.top_features("+", count=8)
    assert names.count("good") == 2
    assert [name for name, _ in found].count("good") == 1
    twins = sum(weight for name, weight in zip(names, weights, strict=True) if name == "good")
    assert dict(found)["good"] == pytest.approx(twins)
    assert [weight for _, weight in found] == sorted((weight for _, weight in found), reverse=True)
    hashed = fit(LabelledTexts.of(POLAR * 4), tokenizer="whitespace", preset="fast")
    with pytest.raises(UsageError, match="hashed features have no name"):
        hashed.top_features("+")


def test_weights_and_balanced_classes_move_the_answers(reviews: tuple[LabelledTexts, LabelledTexts]) -> None:
    train, dev = reviews
    rare = np.concatenate([np.flatnonzero(train.classes == 0)[:300], np.flatnonzero(train.classes == 1)[:30]])
    some = train.select(np.sort(rare))
    plain, balanced = fit(some), fit(some, class_weight="balanced")
    shares = [(each.probabilities(dev.texts).argmax(1) == 1).mean() for each in (plain, balanced)]
    assert shares[0] < shares[1]
    np.testing.assert_allclose(balanced.prior, [0.5, 0.5])
    copied = np.where(some.classes == 1, 10.0, 1.0)
    np.testing.assert_allclose(fit(some, weights=copied).prior, [0.5, 0.5])
    ignored = fit(some, weights=(some.classes == 0) | (np.arange(len(some)) % 2 == 0))
    assert ignored.prior[0] > plain.prior[0]


def test_probabilities_are_calibrated_on_trusted_labels_alone(
    reviews: tuple[LabelledTexts, LabelledTexts],
) -> None:
    train, _ = reviews
    some, trusted = train.select(np.arange(600)), np.arange(600) < 300
    guessed = np.where(
        trusted, some.classes, fit(some.select(np.arange(300))).probabilities(some.texts).argmax(1)
    )
    mixed = LabelledTexts(some.texts, guessed, some.labels)
    assert fit(mixed, trusted=trusted).calibration.slope < fit(mixed).calibration.slope


def test_every_true_label_calibrates_however_many_are_guessed() -> None:
    texts = LabelledTexts(tuple(map(str, range(10_100))), np.arange(10_100) % 2, ("0", "1"))
    trusted = np.arange(10_100) < 100
    held_out = [tested for _, tested in _folds(texts, np.arange(10_100), trusted, seed=1)]
    assert sorted(np.concatenate(held_out).tolist()) == list(range(100))


@pytest.mark.parametrize("preset", ["linear", "fast"])
@pytest.mark.parametrize(
    "pairs",
    [
        [("好", "1"), ("坏", "0")],
        [("好", "1"), ("好", "0")],
        [("好", "1"), ("", "0"), ("", "0")],
        [("好", "a"), ("坏", "b"), ("中", "c")],
        [("很好", "1")] * 30 + [("很坏", "0")],
        [(f"第{i}类 文本", str(i)) for i in range(50)] * 2,
    ],
)
def test_the_smallest_training_sets_work(preset: str, pairs: list[tuple[str, str]]) -> None:
    train = LabelledTexts.of(pairs)
    found = fit(train, preset=preset).probabilities([*train.texts, "", "别的"])
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found.sum(1), 1)


def test_more_labels_than_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textkit.tasks.classification.linear._LARGEST", 20)
    with pytest.raises(InputError, match=r"features for 2 labels take more than .* min_df"):
        fit(LabelledTexts.of([("很好", "1"), ("很坏", "0")]))


def test_fifty_classes_are_told_apart() -> None:
    train = LabelledTexts.of([(f"标记{chr(0x4E00 + 7 * i)}文本", str(i)) for i in range(50)] * 4)
    classifier = fit(train)
    assert (classifier.probabilities(train.texts).argmax(1) == train.classes).all()


@pytest.mark.parametrize(
    ("pairs", "settings", "error", "message"),
    [
        ([("好", "1"), ("坏", "1")], {}, InputError, r"texts of 1 label \('1'\); give texts of two"),
        ([("", "1"), (" ", "0")], {}, InputError, "no feature is left"),
        ([("", "1"), (" ", "0")], {"preset": "fast"}, InputError, "the 2 texts have no words"),
        ([("好", "1"), ("坏", "0")], {"min_df": 2}, InputError, "lower min_df"),
    ],
)
def test_what_cannot_be_learnt_from_is_said(
    pairs: list[tuple[str, str]], settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        fit(LabelledTexts.of(pairs), **settings)


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [1.0, np.inf]])
def test_weights_that_make_no_sense(weights: list[float]) -> None:
    with pytest.raises(UsageError, match="weights must be 2 finite numbers"):
        fit(LabelledTexts.of([("好", "1"), ("坏", "0")]), weights=np.array(weights))


def test_it_needs_neither_torch_nor_scikit_learn() -> None:
    import subprocess
    import sys

    program = (
        "import sys, textkit.tasks.classification.linear as m\n"
        "from textkit.tasks.classification.classifier import LabelledTexts\n"
        "from textkit.tasks.classification.config import ClassifierConfig\n"
        "from textkit.text.pipeline import Pipeline\n"
        "from textkit.text.tokenizers.whitespace import WhitespaceTokenizer\n"
        "texts = LabelledTexts.of([('good', '1'), ('bad', '0')])\n"
        "pipeline = Pipeline.of(WhitespaceTokenizer())\n"
        "m.fit_linear(texts, ClassifierConfig(), pipeline=pipeline).scores(['good'])\n"
        "print([name for name in ('torch', 'sklearn', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.data
def test_real_reviews_are_classified_as_well_as_measured() -> None:
    if not os.environ.get("TEXTKIT_DATA"):
        pytest.skip("TEXTKIT_DATA is not set")
    folder = Path(os.environ["TEXTKIT_DATA"]) / "sentiment" / "waimai"
    train, dev = (
        LabelledTexts.of(
            tuple(reversed(line.split("\t", 1)))  # type: ignore[misc]
            for line in (folder / f"{part}.tsv").read_text(encoding="utf-8").splitlines()
        )
        for part in ("train", "dev")
    )
    found = fit(train).probabilities(dev.texts)
    assert (found.argmax(1) == dev.classes).mean() > 0.88
    assert evaluate(found, dev.classes, dev.labels).calibration_error() < 0.03
