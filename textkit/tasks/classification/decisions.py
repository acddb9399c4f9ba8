"""From probabilities to an answer: the likeliest class, thresholds, and the right to be unsure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from textkit.errors import UsageError, unknown_name
from textkit.tasks.classification.classifier import Floats, Integers
from textkit.tasks.classification.confusion import macro_f1

UNSURE = "unsure"
NONE = -1  # the class of an answer withheld
STEPS = np.exp(np.linspace(-2.0, 2.0, 41))  # by what a threshold of more than two classes is moved


@dataclass(frozen=True)
class Decision:
    """How an answer is chosen.

    `thresholds` (K): the class whose probability is largest beside its threshold wins; None: the
    likeliest. With two classes and thresholds 1 - t and t that is the second one from probability t on.
    Below the probability `unsure` the answer is withheld.
    """

    thresholds: tuple[float, ...] | None = None
    unsure: float = 0.0

    def forced(self, probabilities: Floats) -> Integers:
        """The class of each of the rows (B, K), unsure or not.

        >>> Decision((0.3, 0.7)).forced(np.array([[0.31, 0.69], [0.3, 0.7]])).tolist()
        [0, 1]
        """
        if self.thresholds is None:
            return np.asarray(probabilities.argmax(axis=1), np.int64)
        if len(self.thresholds) == 2:  # exact at the threshold itself
            return (probabilities[:, 1] >= self.thresholds[1]).astype(np.int64)
        return np.asarray((probabilities / np.array(self.thresholds)).argmax(axis=1), np.int64)

    def classes(self, probabilities: Floats) -> Integers:
        """The class of each row, NONE where the answer is withheld."""
        chosen = self.forced(probabilities)
        return np.where(certainty(probabilities, chosen) < self.unsure, NONE, chosen)


def certainty(probabilities: Floats, classes: Integers) -> Floats:
    """The probability (B,) of the class that was chosen for each row."""
    return np.asarray(np.take_along_axis(probabilities, classes[:, None], axis=1)[:, 0])


def check_unsure(unsure: float, labels: Sequence[str]) -> None:
    """Raise UsageError unless answers below the probability `unsure` can be called UNSURE."""
    if not 0 <= unsure <= 1:
        raise UsageError(f"the probability below which an answer is unsure lies from 0 to 1, not {unsure:g}")
    if unsure and UNSURE in labels:
        raise UsageError(
            f"a class is called '{UNSURE}', as an answer withheld would be; rename it to use this"
        )


def thresholds_of(given: Mapping[str, float], labels: Sequence[str]) -> tuple[float, ...]:
    """Thresholds by label as one for each of `labels`; of two classes one says the other's too.

    Classes without one get 1 / K. Raises UsageError for an unknown label and what is no probability.

    >>> thresholds_of({"bad": 0.25}, ["bad", "good"])
    (0.25, 0.75)
    """
    for label, threshold in given.items():
        if label not in labels:
            raise unknown_name("label", label, labels)
        if not 0 < threshold < 1:
            raise UsageError(f"the threshold of '{label}' must lie between 0 and 1, not {threshold:g}")
    if len(labels) != 2:
        return tuple(given.get(label, 1 / len(labels)) for label in labels)
    if len(given) != 1:
        raise UsageError("of two classes one threshold says all; give it for one of them")
    first, second = labels
    low = given.get(first, 1 - given.get(second, 0.5))
    return (low, 1 - low)


def tune_thresholds(probabilities: Floats, classes: Integers) -> tuple[float, ...]:
    """Thresholds (K) that give the best macro-F1 on rows (B, K) of known `classes` (B,).

    Of two classes every threshold that matters is tried, and of equally good ones the nearest to a half is
    taken. Of more, each class's threshold in turn is moved as long as that helps, which may end short of
    the best.
    """
    count = probabilities.shape[1]
    return _best_of_two(probabilities[:, 1], classes) if count == 2 else _ascent(probabilities, classes)


def _best_of_two(second: Floats, classes: Integers) -> tuple[float, ...]:
    """Between each two neighbouring probabilities lies one threshold to try."""
    order = np.argsort(second, kind="stable")
    values, truth = second[order], (classes == 1)[order]
    below = np.concatenate([[0], np.cumsum(truth)])  # of the second class among the first i rows
    rows = np.arange(len(values) + 1)
    missed, found = below, below[-1] - below
    false = (len(values) - rows) - found
    right = rows - missed
    f_second = 2 * found / np.maximum(2 * found + missed + false, 1)
    f_first = 2 * right / np.maximum(2 * right + missed + false, 1)
    edges = np.concatenate([[0.0], values, [1.0]])
    middles = (edges[:-1] + edges[1:]) / 2
    possible = (edges[:-1] < edges[1:]) & (middles > 0) & (middles < 1)
    if not possible.any():
        return (0.5, 0.5)
    quality = np.where(possible, f_first + f_second, -1.0)
    best = np.flatnonzero(quality >= quality.max() - 1e-12)
    inside = best[(edges[best] < 0.5) & (edges[best + 1] >= 0.5)]
    threshold = 0.5 if len(inside) else float(middles[best[np.abs(middles[best] - 0.5).argmin()]])
    return (1 - threshold, threshold)


def _ascent(probabilities: Floats, classes: Integers) -> tuple[float, ...]:
    count = probabilities.shape[1]
    weights = np.full(count, 1 / count)
    best = macro_f1(classes, probabilities.argmax(axis=1), count)
    improved = True
    while improved:
        improved = False
        for each in range(count):
            tries = np.clip(weights[each] * STEPS, 1e-4, 1 - 1e-4)
            for threshold in sorted(tries, key=lambda tried: abs(np.log(tried / weights[each]))):
                moved = weights.copy()
                moved[each] = threshold
                quality = macro_f1(classes, (probabilities / moved).argmax(axis=1), count)
                if quality > best + 1e-9:
                    best, weights, improved = quality, moved, True
    return tuple(weights.tolist())
