"""The chapters on regression, those of many draws with few: what holds for any draw holds here too."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from textkit.tasks.chapters import (
    Study,
    bias_variance,
    cross_validation,
    load_chapter,
    polynomial_regression,
    regularisation,
)

FEW = {
    polynomial_regression: {"DRAWS": 4},
    cross_validation: {"DRAWS": 3, "NOISY_DRAWS": 1},
    bias_variance: {"LEARNERS": 30},
    regularisation: {"DRAWS": 2, "TEST_ROWS": 100},
}
ALWAYS = {  # whatever the draws
    "polynomial-regression": ["largest rise of the training error with the degree"],
    "cross-validation": ["as in the book: variance of noise explained"],
    "bias-variance": ["squared bias, degree 1 over the best", "error, degree 1 over the best"],
    "regularisation": [
        "largest fall of the training error as lambda grows",
        "zeros of 40 weights, ridge",
        "SGD: weight decay from the L2 penalty",
        "SGD: weight decay from ridge's closed form",
        "Adam: weight decay from the L2 penalty",
    ],
}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, sizes in FEW.items():
        for name, size in sizes.items():
            monkeypatch.setattr(module, name, size)


@pytest.mark.parametrize("name", ALWAYS)
def test_a_chapter_reaches_what_its_card_names_and_draws(name: str, tmp_path: Path) -> None:
    chapter = load_chapter(name)
    reached = chapter.run(Study(plots=tmp_path))
    facts = {fact.name: fact for fact in chapter.CARD.facts}
    assert reached.keys() == facts.keys()
    assert all(math.isfinite(value) for value in reached.values())
    assert all(facts[each].holds(reached[each]) for each in ALWAYS[name])
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.png"]


@pytest.mark.parametrize("seed", [1, 2])
def test_linear_regression_holds(seed: int) -> None:
    chapter, study = load_chapter("linear-regression"), Study(seed=seed)
    reached = chapter.run(study)
    assert [fact.name for fact in chapter.CARD.facts] == list(reached)
    assert all(fact.holds(reached[fact.name]) for fact in chapter.CARD.facts)
    assert reached == chapter.run(Study(seed=seed))
    assert "minibatch" in study.notes[0]
