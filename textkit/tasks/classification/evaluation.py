"""What a classifier is worth on labelled texts: how often it is right, and how far its probabilities are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textkit.errors import InputError
from textkit.tasks.classification.classifier import Floats, Integers, LabelledTexts
from textkit.tasks.classification.confusion import confusion_matrix, mean_f1
from textkit.tasks.classification.decisions import Decision, certainty

BINS = 15
DEVIATIONS = 1.959964  # of a normal distribution, within which 95 % of it lies


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The measures of answers on labelled texts.

    confusion:   (K, K), row the true class, column the answer; answers withheld count as if given.
    certainty:   (B,) the probability of each answer.
    right:       (B,) whether it was right.
    answered:    (B,) whether it was given, and not withheld as unsure.
    brier, log_loss: of all K probabilities, the mean over the texts; 0 is best.
    """

    labels: tuple[str, ...]
    confusion: Integers
    certainty: Floats
    right: Any
    answered: Any
    brier: float
    log_loss: float

    @property
    def texts(self) -> int:
        """How many texts there were."""
        return len(self.right)

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(self.right.mean())

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the classes that occur, in truth or as answers."""
        return mean_f1(self.confusion)

    @property
    def majority(self) -> float:
        """The accuracy of always giving the most frequent label."""
        return float(self.confusion.sum(axis=1).max() / self.texts)

    @property
    def coverage(self) -> float:
        """The share of answers that were not withheld."""
        return float(self.answered.mean())

    @property
    def answered_accuracy(self) -> float | None:
        """The accuracy of the answers given; None where all were withheld."""
        return float(self.right[self.answered].mean()) if self.answered.any() else None

    def by_class(self) -> list[dict[str, Any]]:
        """Precision, recall, F1 and the number of texts (support) of each class; 0 where undefined."""
        found = np.diagonal(self.confusion)
        answers, support = self.confusion.sum(axis=0), self.confusion.sum(axis=1)
        precision, recall = found / np.maximum(answers, 1), found / np.maximum(support, 1)
        f1 = 2 * found / np.maximum(answers + support, 1)
        columns = (each.tolist() for each in (precision, recall, f1, support))
        return [
            {"label": label, "precision": p, "recall": r, "f1": f, "support": n}
            for label, p, r, f, n in zip(self.labels, *columns, strict=True)
        ]

    def reliability(self, bins: int = BINS) -> list[dict[str, Any]]:
        """How sure and how right the answers are, in equally wide bins of their probability.

        Bin b is what lies over b/bins and up to (b + 1)/bins; empty ones are left out.
        """
        edges = np.linspace(0, 1, bins + 1)
        place = np.clip(np.searchsorted(edges, self.certainty, side="left") - 1, 0, bins - 1)
        rows = []
        for each in np.unique(place):
            inside = place == each
            row = {"from": edges[each], "to": edges[each + 1], "texts": int(inside.sum())}
            row |= {"probability": self.certainty[inside].mean(), "accuracy": self.right[inside].mean()}
            rows.append({name: value if name == "texts" else float(value) for name, value in row.items()})
        return rows

    def calibration_error(self, bins: int = BINS) -> float:
        """Expected calibration error (Guo et al. 2017, equation 3): by how much answers are too sure or not
        sure enough, the mean over the bins of `reliability`, each weighing as many texts as it has."""
        gaps = (abs(row["accuracy"] - row["probability"]) * row["texts"] for row in self.reliability(bins))
        return float(sum(gaps) / self.texts)

    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy (Wilson 1927): wide for few texts, even if all were right."""
        n, z2 = self.texts, DEVIATIONS**2
        middle = (self.accuracy + z2 / (2 * n)) / (1 + z2 / n)
        spread = self.accuracy * (1 - self.accuracy) / n + z2 / (4 * n * n)
        reach = DEVIATIONS * spread**0.5 / (1 + z2 / n)
        return max(middle - reach, 0.0), min(middle + reach, 1.0)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, for JSON."""
        return {
            "texts": self.texts,
            "labels": list(self.labels),
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.interval()),
            "macro_f1": self.macro_f1,
            "majority_baseline": self.majority,
            "by_class": self.by_class(),
            "confusion": self.confusion.tolist(),
            "calibration_error": self.calibration_error(),
            "calibration_bins": BINS,
            "reliability": self.reliability(),
            "brier": self.brier,
            "log_loss": self.log_loss,
            "coverage": self.coverage,
            "answered_accuracy": self.answered_accuracy,
        }


def evaluate(
    probabilities: Floats, classes: Integers, labels: Sequence[str], *, decision: Decision | None = None
) -> Evaluation:
    """Measure probabilities (B, K) against true `classes` (B,). Raises InputError when there are none.

    >>> some = evaluate(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0]), ["bad", "good"])
    >>> some.accuracy, some.confusion.tolist(), round(some.brier, 3)
    (0.5, [[1, 1], [0, 0]], 0.37)
    """
    if not len(classes):
        raise InputError("there is no labelled text to measure with")
    decision = decision or Decision()
    count = len(labels)
    answers = decision.forced(probabilities)
    true = certainty(probabilities, classes)
    least = np.finfo(np.float64).tiny
    return Evaluation(
        tuple(labels),
        confusion_matrix(classes, answers, count),
        certainty(probabilities, answers),
        answers == classes,
        decision.classes(probabilities) >= 0,
        float(((probabilities**2).sum(axis=1) - true**2 + (1 - true) ** 2).mean()),
        float(-np.log(np.maximum(true, least)).mean()),
    )


@dataclass(frozen=True)
class Mistake:
    """A wrong answer: how sure it was, and the record's place."""

    text: str
    label: str
    answer: str
    probability: float
    where: str


def worst_mistakes(
    texts: LabelledTexts, probabilities: Floats, *, count: int, decision: Decision, places: Sequence[str]
) -> list[Mistake]:
    """The `count` wrong answers that were surest, the surest first; equally sure ones in order."""
    answers = decision.forced(probabilities)
    sure = certainty(probabilities, answers)
    wrong = np.flatnonzero(answers != texts.classes)
    chosen = wrong[np.argsort(-sure[wrong], kind="stable")][:count].tolist()
    return [
        Mistake(
            texts.texts[i],
            texts.labels[texts.classes[i]],
            texts.labels[answers[i]],
            float(sure[i]),
            places[i],
        )
        for i in chosen
    ]
