"""Measures against scikit-learn's, decisions against trying everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.errors import InputError, UsageError
from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.confusion import macro_f1
from textkit.tasks.classification.decisions import (
    NONE,
    Decision,
    check_unsure,
    thresholds_of,
    tune_thresholds,
)
from textkit.tasks.classification.evaluation import evaluate, worst_mistakes
from textkit.tasks.classification.evaluation_plot import draw_evaluation


def some(count: int, classes: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random probabilities with some truth in them."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, count)
    logits = generator.normal(size=(count, classes)) + 1.2 * np.eye(classes)[truth]
    odds = np.exp(logits)
    return odds / odds.sum(axis=1, keepdims=True), truth


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("count", [5, 400])
def test_measures_equal_those_of_sklearn(classes: int, count: int) -> None:
    from sklearn import metrics

    probabilities, truth = some(count, classes, seed=classes)
    labels = [str(label) for label in range(classes)]
    result = evaluate(probabilities, truth, labels)
    answers = probabilities.argmax(axis=1)
    every = list(range(classes))
    assert result.accuracy == pytest.approx(metrics.accuracy_score(truth, answers))
    assert result.macro_f1 == pytest.approx(metrics.f1_score(truth, answers, average="macro"))
    np.testing.assert_array_equal(result.confusion, metrics.confusion_matrix(truth, answers, labels=every))
    assert result.log_loss == pytest.approx(metrics.log_loss(truth, probabilities, labels=every))
    columns = metrics.precision_recall_fscore_support(truth, answers, labels=every, zero_division=0)
    for row, p, r, f, n in zip(result.by_class(), *columns, strict=True):
        assert [row[name] for name in ("precision", "recall", "f1", "support")] == pytest.approx([p, r, f, n])
    if classes == 2:
        assert result.brier == pytest.approx(2 * metrics.brier_score_loss(truth, probabilities[:, 1]))


def test_calibration_error_by_hand() -> None:
    first = np.array([0.95, 0.95, 0.75, 0.65, 0.52])
    result = evaluate(np.column_stack([first, 1 - first]), np.array([0, 1, 0, 0, 1]), ["a", "b"])
    # Ten bins: (0.9, 1] says 0.95 and is half right; the others hold one answer each.
    expected = (2 * abs(0.5 - 0.95) + (1 - 0.75) + (1 - 0.65) + 0.52) / 5
    assert result.calibration_error(10) == pytest.approx(expected)
    assert [row["texts"] for row in result.reliability(10)] == [1, 1, 1, 2]


def test_probabilities_drawn_from_themselves_are_calibrated() -> None:
    generator = np.random.default_rng(0)
    second = generator.random(40_000)
    truth = (generator.random(40_000) < second).astype(np.int64)
    assert evaluate(np.column_stack([1 - second, second]), truth, ["0", "1"]).calibration_error() < 0.01


def test_the_interval_holds_the_accuracy_and_shrinks() -> None:
    small, large = (evaluate(*some(count, 2, seed=1), ["0", "1"]) for count in (100, 10_000))
    for result in (small, large):
        low, high = result.interval()
        assert low < result.accuracy < high
        expected = 1.96 * np.sqrt(result.accuracy * (1 - result.accuracy) / result.texts)
        assert (high - low) / 2 == pytest.approx(expected, rel=0.1)
        assert result.interval() == (low, high)


@pytest.mark.parametrize(("right", "count"), [(40, 40), (0, 7), (1, 1), (37, 50)])
def test_the_interval_is_of_the_accuracies_that_could_have_given_this_one(right: int, count: int) -> None:
    """Wilson's: at both ends the accuracy measured is 1.96 standard errors away."""
    probabilities = np.tile([0.9, 0.1], (count, 1))
    result = evaluate(probabilities, (np.arange(count) >= right).astype(np.int64), ["0", "1"])
    for end in result.interval():
        away = abs(result.accuracy - end)
        possible = end in (0.0, 1.0) and end == result.accuracy
        assert possible or away == pytest.approx(1.959964 * np.sqrt(end * (1 - end) / count), rel=1e-5)
    assert result.interval()[1] - result.interval()[0] > 0.05


def test_answers_withheld() -> None:
    probabilities = np.array([[0.9, 0.1], [0.45, 0.55], [0.2, 0.8]])
    decision = Decision(unsure=0.6)
    assert decision.classes(probabilities).tolist() == [0, NONE, 1]
    result = evaluate(probabilities, np.array([0, 0, 0]), ["a", "b"], decision=decision)
    assert (result.accuracy, result.coverage, result.answered_accuracy) == pytest.approx((1 / 3, 2 / 3, 0.5))
    none = evaluate(probabilities, np.array([0, 0, 0]), ["a", "b"], decision=Decision(unsure=1.0))
    assert (none.coverage, none.answered_accuracy) == (0.0, None)


def test_nothing_to_measure() -> None:
    with pytest.raises(InputError, match="no labelled text"):
        evaluate(np.empty((0, 2)), np.empty(0, np.int64), ["a", "b"])


def test_the_worst_mistakes_come_first() -> None:
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.05, 0.95]])
    texts = LabelledTexts(("a", "b", "c", "d"), np.array([1, 1, 1, 0]), ("x", "y"))
    found = worst_mistakes(texts, probabilities, count=2, decision=Decision(), places=["1", "2", "3", "4"])
    assert [(each.text, each.label, each.answer, each.where) for each in found] == [
        ("d", "x", "y", "4"),
        ("a", "y", "x", "1"),
    ]
    assert len(worst_mistakes(texts, probabilities, count=9, decision=Decision(), places=[*"1234"])) == 3


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    for name, labels in (("a", ["0", "1"]), ("b", ["差", "好"]), ("c", ["$x^$", "好$y$"])):
        draw_evaluation(evaluate(*some(50, 2, seed=3), labels), tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").read_bytes()[:4] == b"\x89PNG"


# Decisions


def test_a_threshold_is_met_exactly() -> None:
    second = np.array([0.29999, 0.3, 0.30001])
    assert Decision((0.7, 0.3)).forced(np.column_stack([1 - second, second])).tolist() == [0, 1, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), min_size=1, max_size=25))
def test_the_threshold_of_two_classes_is_the_best_there_is(rows: list[tuple[int, int]]) -> None:
    second = np.array([row[0] for row in rows]) / 20
    truth = np.array([row[1] for row in rows])
    probabilities = np.column_stack([1 - second, second])

    def quality(threshold: float) -> float:
        answers = Decision((1 - threshold, threshold)).forced(probabilities)
        return _mean_of_both(truth, answers)

    found = tune_thresholds(probabilities, truth)
    best = max(quality(threshold) for threshold in np.linspace(0.001, 0.999, 999))
    assert 0 < found[1] < 1
    assert quality(found[1]) == pytest.approx(best)
    if quality(0.5) == pytest.approx(best):
        assert found == (0.5, 0.5)


def _mean_of_both(truth: np.ndarray, answers: np.ndarray) -> float:
    """The mean F1 of both classes, 0 for one that does not occur."""
    parts = []
    for each in (0, 1):
        both = (truth == each).sum() + (answers == each).sum()
        parts.append(2 * ((truth == each) & (answers == each)).sum() / max(both, 1))
    return sum(parts) / 2


def test_thresholds_of_many_classes_never_hurt_where_they_were_tuned() -> None:
    probabilities, truth = some(300, 4, seed=8)
    skewed = probabilities * np.array([4, 1, 1, 0.3])
    skewed /= skewed.sum(axis=1, keepdims=True)
    before = macro_f1(truth, skewed.argmax(axis=1), 4)
    after = macro_f1(truth, Decision(tune_thresholds(skewed, truth)).forced(skewed), 4)
    assert after > before + 0.02


def test_thresholds_by_label() -> None:
    assert thresholds_of({"b": 0.8}, ["a", "b"]) == pytest.approx((0.2, 0.8))
    assert thresholds_of({"b": 0.5}, ["a", "b", "c"]) == pytest.approx((1 / 3, 0.5, 1 / 3))


@pytest.mark.parametrize(
    ("given_thresholds", "message"),
    [
        ({"gut": 0.5}, "unknown label 'gut'"),
        ({"a": 1.0}, "the threshold of 'a' must lie between 0 and 1, not 1"),
        ({"a": 0.5, "b": 0.4}, "of two classes one threshold says all"),
    ],
)
def test_thresholds_that_cannot_be(given_thresholds: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        thresholds_of(given_thresholds, ["a", "b"])


def test_unsure_must_not_be_a_label() -> None:
    check_unsure(0.0, ["unsure", "a"])
    with pytest.raises(UsageError, match="a class is called 'unsure'"):
        check_unsure(0.5, ["unsure", "a"])
    with pytest.raises(UsageError, match="lies from 0 to 1, not 2"):
        check_unsure(2.0, ["a", "b"])
