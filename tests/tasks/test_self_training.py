from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from textkit.tasks.classification.classifier import Floats, LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.fitting import fit_linear_classifier, make_pipeline
from textkit.tasks.classification.self_training import self_train

LABELLED = LabelledTexts.of([("good", "+"), ("bad", "-")])


@dataclass
class Known:
    """Gives each text a probability for "-" that is written in it; remembers what it was fitted on."""

    fitted: list[tuple[tuple[str, ...], list[int], list[float]]] = field(default_factory=list)
    labels: tuple[str, ...] = ("+", "-")

    def fit(self, texts: LabelledTexts, weights: Floats) -> Known:
        self.fitted.append((texts.texts, texts.classes.tolist(), weights.tolist()))
        return self

    def scores(self, texts: Sequence[str]) -> Floats:
        return np.log(self.probabilities(texts))

    def probabilities(self, texts: Sequence[str]) -> Floats:
        minus = np.array([float(text) if text else 0.5 for text in texts])
        return np.stack([1 - minus, minus], axis=1)


def trained(semi: str, unlabelled: Sequence[str], rounds: int = 1, threshold: float = 0.8) -> Known:
    chosen = {"semi_threshold": threshold} if semi == "self-training" else {}
    settings = ClassifierConfig.model_validate(
        {"semi": semi, "semi_rounds": rounds, "semi_weight": 0.5, **chosen}
    )
    known = Known()
    self_train(known.fit, LABELLED, unlabelled, settings=settings, seed=1)
    return known


def test_sure_guesses_are_learnt_from_and_the_rest_is_not() -> None:
    first, second = trained("self-training", ["0.9", "0.75", "0.1", "0.2"]).fitted
    assert first == (("good", "bad"), LABELLED.classes.tolist(), [1.0, 1.0])
    assert second[0] == ("good", "bad", "0.9", "0.1")
    assert second[1][2:] == [1, 0]
    assert second[2] == [1.0, 1.0, 0.5, 0.5]


def test_nothing_sure_ends_it() -> None:
    assert len(trained("self-training", ["0.6", "0.5"], rounds=5).fitted) == 1
    assert len(trained("entropy", [], rounds=5).fitted) == 1


def test_entropy_weighs_a_guess_by_what_it_leaves_open() -> None:
    _, second = trained("entropy", ["0.9", "0.5", "1.0"]).fitted
    left_open = -(0.9 * np.log2(0.9) + 0.1 * np.log2(0.1))  # bits; of two classes one is the most
    assert second[0][2:] == ("0.9", "1.0")  # at 0.5 nothing is known
    assert second[2][2:] == pytest.approx([0.5 * (1 - left_open), 0.5])


def test_consistency_learns_from_thinned_copies_and_each_text_counts_once_at_most() -> None:
    fitted = trained("consistency", ["1", "0"]).fitted
    texts, classes, weights = fitted[1]
    assert set(texts[2:]) <= {"1", "0", ""}
    assert sum(weights[2:]) <= 2 * 0.5 + 1e-9
    assert [c for text, c in zip(texts, classes, strict=True) if text == "1"] == [1] * texts.count("1")


def topics(seed: int, count: int) -> list[tuple[str, str]]:
    """Texts of eight words, five of which are of their topic's sixty."""
    generator = np.random.default_rng(seed)
    made = []
    for number in range(count):
        topic = number % 2
        own = [f"{'ab'[topic]}{generator.integers(60)}" for _ in range(5)]
        shared = [f"c{generator.integers(60)}" for _ in range(3)]
        made.append((" ".join(generator.permutation(own + shared)), "AB"[topic]))
    return made


@pytest.mark.parametrize("semi", ["self-training", "entropy", "consistency"])
def test_unlabelled_texts_help_where_labels_are_few(semi: str) -> None:
    settings = {"tokenizer": "whitespace", "words": 1, "characters": 0}
    chosen = {"semi_threshold": 0.6} if semi == "self-training" else {}
    unlabelled = [text for text, _ in topics(1, 300)]
    held_out = LabelledTexts.of(topics(2, 400))
    gains = []
    for seed in range(3):
        few = LabelledTexts.of(topics(10 + seed, 6))
        accuracies = []
        for method in ("none", semi):
            of_method = {} if method == "none" else chosen
            config = ClassifierConfig.model_validate(settings | {"semi": method} | of_method)
            more = unlabelled if method == semi else []
            classifier = fit_linear_classifier(few, config, pipeline=make_pipeline(config), unlabelled=more)
            found = classifier.probabilities(held_out.texts).argmax(1)
            accuracies.append((found == held_out.classes).mean())
        gains.append(accuracies[1] - accuracies[0])
    assert np.mean(gains) > 0.05
