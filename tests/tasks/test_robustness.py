"""Attacks on trained classifiers, counted before and after."""

from __future__ import annotations

import pytest

from textkit.errors import UsageError
from textkit.tasks.classification import (
    ClassifierConfig,
    LabelledTexts,
    SavedClassifier,
    load_classifier,
    train,
)
from textkit.tasks.classification.robustness import Strength, robustness, sample, substitutes_of

NOUNS = ("房间", "服务", "早餐", "位置", "价格", "前台")
GOOD = [f"{noun}{word}" for noun in NOUNS for word in ("很 好", "真 棒", "很 棒", "真 好")]
BAD = [f"{noun}{word}" for noun in NOUNS for word in ("很 差", "真 烂", "很 烂", "真 差")]
TEXTS = LabelledTexts.of([(text, "1") for text in GOOD * 2] + [(text, "0") for text in BAD * 2])
SMALL = {"embedding": 8, "hidden": 8, "epochs": 12, "dropout": 0.0, "learning_rate": 0.02, "min_count": 1}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedClassifier]:
    folder = tmp_path_factory.mktemp("runs")
    settings = {
        "linear": ClassifierConfig(min_df=1),
        "plain": ClassifierConfig(preset="textcnn", **SMALL),
        "defended": ClassifierConfig(preset="textcnn", **SMALL, adversarial="fgsm", epsilon=0.6),
    }
    for name, config in settings.items():
        train(TEXTS, config, out=folder / name, dev=None if name == "linear" else TEXTS)
    return {name: load_classifier(folder / name) for name in settings}


def test_attacks_on_vectors_grow_with_epsilon_and_training_defends(runs: dict[str, SavedClassifier]) -> None:
    found = {}
    for name in ("plain", "defended"):
        for epsilon in (0.01, 0.8):
            for method in ("fgsm", "pgd"):
                result = robustness(
                    runs[name], TEXTS, method=method, strength=Strength(epsilon=epsilon, steps=5)
                )
                expected = runs[name].evaluate(TEXTS).accuracy
                assert result.accuracy == pytest.approx(expected)
                assert result.attacked <= result.accuracy
                assert result.as_dict()["epsilon"] == epsilon
                found[name, epsilon, method] = result.attacked
    assert found["plain", 0.01, "pgd"] > 0.95
    assert found["plain", 0.8, "pgd"] <= found["plain", 0.8, "fgsm"] < 0.8
    assert found["defended", 0.8, "pgd"] > found["plain", 0.8, "pgd"] + 0.1


def test_attacks_on_words_of_any_classifier(runs: dict[str, SavedClassifier]) -> None:
    for saved in (runs["linear"], runs["plain"]):
        result = robustness(saved, TEXTS, method="delete", strength=Strength(budget=1.0), examples=3)
        assert result.accuracy == pytest.approx(saved.evaluate(TEXTS).accuracy)
        assert result.attacked < 0.7  # what is left of a text speaks for one class at most
        assert 0 < result.changed <= 1
        assert len(result.examples) == 3
        for example in result.examples:
            answer = saved.predict([example.attacked])[0].label
            assert answer != example.label
            assert {new for _, new in example.changes} == {""}
        document = result.as_dict()
        assert document["budget"] == 1.0
        assert document["examples"][0]["changes"][0]["new"] == ""
        none = robustness(saved, TEXTS, method="delete", strength=Strength(budget=0.0))
        assert none.attacked == none.accuracy


def test_attacks_are_on_the_answers_that_thresholds_give(runs: dict[str, SavedClassifier]) -> None:
    for name, method, strength in (
        ("linear", "delete", Strength(budget=0.5)),
        ("plain", "delete", Strength(budget=0.5)),
        ("plain", "fgsm", Strength(epsilon=0.2)),
    ):
        for threshold in (0.02, 0.9):
            saved = runs[name].deciding(thresholds={"1": threshold})
            result = robustness(saved, TEXTS, method=method, strength=strength, examples=2)
            assert result.accuracy == pytest.approx(saved.evaluate(TEXTS).accuracy)
            assert result.attacked <= result.accuracy
            for example in result.examples:
                assert saved.predict([example.attacked])[0].label != example.label
        eager = runs[name].deciding(thresholds={"1": 1e-9})
        result = robustness(eager, TEXTS, method=method, strength=strength)
        assert (result.accuracy, result.attacked) == (0.5, 0.5)  # nothing turns a "1" into a "0"


def test_substitutes_do_not_lean_to_the_other_class(runs: dict[str, SavedClassifier]) -> None:
    substitutes = substitutes_of(runs["linear"], TEXTS)
    assert "棒" in substitutes("好")
    assert not {"差", "烂"} & set(substitutes("好"))
    assert substitutes("没见过") == ()
    result = robustness(runs["linear"], TEXTS, method="substitute", strength=Strength(budget=0.5))
    assert result.attacked > 0.9  # words of the same class are no attack on so plain a corpus


def test_sampling_is_of_the_seed_and_in_order() -> None:
    some = sample(TEXTS, 10, seed=1)
    assert len(some) == 10
    assert some.texts == sample(TEXTS, 10, seed=1).texts
    places = [TEXTS.texts.index(text) for text in some.texts]
    assert set(some.texts) <= set(TEXTS.texts)
    assert len(set(places)) > 1
    assert sample(TEXTS, 1000, seed=1) is TEXTS


def test_what_cannot_be_attacked_so(runs: dict[str, SavedClassifier]) -> None:
    with pytest.raises(UsageError, match="moves the word vectors of a network"):
        robustness(runs["linear"], TEXTS, method="fgsm", strength=Strength())
    with pytest.raises(UsageError, match="did you mean 'delete'"):
        robustness(runs["linear"], TEXTS, method="delte", strength=Strength())  # type: ignore[arg-type]
    other = LabelledTexts.of([("好", "x"), ("差", "y")])
    with pytest.raises(UsageError, match="labels of the classifier"):
        robustness(runs["linear"], other, method="delete", strength=Strength())
    with pytest.raises(UsageError, match="epsilon must be above 0 and finite"):
        robustness(runs["plain"], TEXTS, method="fgsm", strength=Strength(epsilon=0.0))
