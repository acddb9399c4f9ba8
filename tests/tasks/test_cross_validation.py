"""Cross-validation of a classifier: folds, and the parts that are held out of its texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textkit.errors import UsageError
from textkit.tasks.classification import ClassifierConfig, LabelledTexts, cross_validate
from textkit.tasks.classification.fitting import hold_out

from .opinion_texts import SMALL, labelled


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
