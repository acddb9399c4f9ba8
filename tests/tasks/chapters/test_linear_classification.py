"""The chapters on linear classifiers and on shift: the facts of their cards hold, pictures are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textkit.tasks.chapters import Study, load_chapter

# What would take long is done on less, which does not change what is claimed.
LESS = {
    "logistic-regression": {"EPOCHS": 30},
    "softmax-regression": {"EPOCHS": 8},
    "xor": {"STARTS": 6, "EPOCHS": 120},
    "gaussian-classifier": {"DRAWS": 8},
    "dataset-shift": {"ROUNDS": 60},
}
NEEDS_ALL = {
    "softmax-regression": ("accuracy on training rows, as in the book",),
    "xor": (
        "share of starts from which two cascaded units do it",
        "share of starts from which a hidden layer of two does it",
        "largest distance of one unit's answers from one half",
    ),
}


@pytest.mark.parametrize("name", LESS)
def test_facts_hold_on_less(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapter = load_chapter(name)
    for setting, value in LESS[name].items():
        monkeypatch.setattr(chapter, setting, value)
    study = Study(plots=tmp_path)
    reached = chapter.run(study)
    assert [fact.name for fact in chapter.CARD.facts] == list(reached)
    for fact in chapter.CARD.facts:
        assert fact.name in NEEDS_ALL.get(name, ()) or fact.holds(reached[fact.name]), (fact, reached)
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.png"]
    assert study.notes
    assert all("\n" not in note for note in study.notes)


@pytest.mark.slow
@pytest.mark.parametrize("name", LESS)
@pytest.mark.parametrize("seed", [2, 3])
def test_facts_hold_for_other_seeds(name: str, seed: int) -> None:
    chapter = load_chapter(name)
    reached = chapter.run(Study(seed=seed))
    assert not [fact for fact in chapter.CARD.facts if not fact.holds(reached[fact.name])]


def test_equal_seeds_give_equal_figures() -> None:
    chapter = load_chapter("gaussian-classifier")
    first, second, other = (chapter.run(Study(seed=seed)) for seed in (3, 3, 4))
    assert first == second
    assert first != other


def test_torchs_data_loader_gives_the_weights_of_our_minibatches() -> None:
    from textkit.tasks.chapters import logistic_regression

    learnt, _ = logistic_regression.read(2)
    ours = logistic_regression.by_minibatches(learnt, penalty=0.01, seed=2)
    theirs = logistic_regression.by_data_loader(learnt, penalty=0.01, seed=2)
    np.testing.assert_allclose(theirs.weights, ours.weights, atol=1e-7)
    assert theirs.bias == pytest.approx(ours.bias, abs=1e-7)
    assert np.abs(theirs.weights).max() > 0.1


def test_logistic_rows_are_scaled_by_the_training_part_alone() -> None:
    from textkit.tasks.chapters import logistic_regression

    learnt, held = logistic_regression.read(1)
    np.testing.assert_allclose(learnt.features.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(learnt.features.std(0), 1, atol=1e-9)
    assert np.abs(held.features.mean(0)).max() > 0.01
    together = np.concatenate([learnt.features, held.features])
    assert len(np.unique(together, axis=0)) == len(together) == 569
