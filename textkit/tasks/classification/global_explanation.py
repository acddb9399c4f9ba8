"""What holds over many texts: the words that drive each class, and what mistakes have in common."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast

import numpy as np

from textkit.errors import UsageError
from textkit.explain.attribution import Attribution
from textkit.explain.prototypes import prototypes
from textkit.tasks.classification.classifier import Classifier, LabelledTexts
from textkit.tasks.classification.decisions import certainty
from textkit.tasks.classification.explanation import Saved, explain

MISTAKES = 1000  # the most confident, which are grouped
SHOWN = 5  # words and texts of a group


class FeatureClassifier(Protocol):
    """A classifier that knows what its features weigh."""

    def top_features(self, label: str, *, count: int) -> list[tuple[str, float]]:
        """The features that speak most for a label, and their weights."""
        ...


class DrivingWord(NamedTuple):
    """A word, what it adds to the class on average over the texts in question, and how many have it."""

    word: str
    effect: float
    texts: int


@dataclass(frozen=True)
class Mistakes:
    """A group of mistakes of one kind: the text that stands for it, the others, the words that misled."""

    label: str
    answer: str
    example: Attribution
    texts: tuple[str, ...]
    words: tuple[tuple[str, float], ...]


def driving_words(
    attributions: Iterable[Attribution], labels: Sequence[str], *, top: int = 20
) -> dict[str, list[DrivingWord]]:
    """For each label the `top` words that add most to it over the explained texts.

    What counts for a text's target counts against its rival. The mean is over the texts in which the
    label was one of the two: a word's effect is its weight times how often it occurs.
    """
    effects: dict[str, dict[str, float]] = {label: defaultdict(float) for label in labels}
    holders: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    for attribution in attributions:
        sides = [(attribution.target, 1.0)]
        if attribution.rival is not None:
            sides.append((attribution.rival, -1.0))
        holders.update({word.text for word in attribution.words})
        for label, sign in sides:
            texts[label] += 1
            for word in attribution.words:
                effects[label][word.text] += sign * word.score
    found = {}
    for label, sums in effects.items():
        best = sorted((word for word in sums if sums[word] > 0), key=lambda w: (-sums[w], w))[:top]
        found[label] = [DrivingWord(word, sums[word] / texts[label], holders[word]) for word in best]
    return found


def driving_features(classifier: Classifier, *, top: int = 20) -> dict[str, list[DrivingWord]]:
    """For each label the `top` features that weigh most for it, without any text.

    Their effect is the weight, `texts` is not known (0). Raises UsageError for a classifier without
    weights of features, and for one whose features are hashed and have no names.
    """
    if not hasattr(classifier, "top_features"):
        raise UsageError("a network's words have no weights of their own; give texts (--global FILE)")
    find = cast(FeatureClassifier, classifier).top_features
    try:
        return {
            label: [DrivingWord(name, weight, 0) for name, weight in find(label, count=top)]
            for label in classifier.labels
        }
    except UsageError as error:
        raise UsageError("hashed features have no names; give texts (--global FILE)") from error


def mistake_groups(saved: Saved, texts: LabelledTexts, *, groups: int = 5) -> list[Mistakes]:
    """The mistakes on `texts`, grouped by the words that misled: for each kind up to `groups`, by size.

    What is compared are the words' scores for the wrong answer. The most confident thousand are grouped.
    """
    probabilities = saved.classifier.probabilities(texts.texts)
    answers = saved.decision.forced(probabilities)
    wrong = np.flatnonzero(answers != texts.classes)
    sure = certainty(probabilities[wrong], answers[wrong])
    wrong = wrong[np.argsort(-sure, kind="stable")][:MISTAKES]
    result = []
    for label, answer in sorted({(int(texts.classes[n]), int(answers[n])) for n in wrong}):
        kind = [texts.texts[n] for n in wrong if (texts.classes[n], answers[n]) == (label, answer)]
        result += _grouped(
            explain(saved, kind, target=texts.labels[answer]),
            label=texts.labels[label],
            answer=texts.labels[answer],
            groups=groups,
        )
    return sorted(result, key=lambda group: -len(group.texts))


def _grouped(attributions: list[Attribution], *, label: str, answer: str, groups: int) -> list[Mistakes]:
    sums: list[dict[str, float]] = []
    for attribution in attributions:
        sums.append(defaultdict(float))
        for word in attribution.words:
            sums[-1][word.text] += word.score
    columns = {word: number for number, word in enumerate(sorted({word for each in sums for word in each}))}
    vectors = np.zeros((len(sums), len(columns)), np.float32)
    for row, each in enumerate(sums):
        vectors[row, [columns[word] for word in each]] = list(each.values())
    words = list(columns)
    found = []
    for group in prototypes(np.maximum(vectors, 0), count=groups):
        mean = vectors[list(group.members)].mean(0)
        best = [n for n in np.argsort(-mean, kind="stable")[:SHOWN].tolist() if mean[n] > 0]
        found.append(
            Mistakes(
                label,
                answer,
                attributions[group.case],
                tuple(attributions[member].text for member in group.members),
                tuple((words[n], float(mean[n])) for n in best),
            )
        )
    return found
