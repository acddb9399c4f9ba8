"""Which class is taken for which, and what that comes to."""

from __future__ import annotations

import numpy as np

from textkit.tasks.classification.classifier import Integers


def confusion_matrix(classes: Integers, answers: Integers, count: int) -> Integers:
    """How many texts of each of `count` classes (rows) got each answer (columns).

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    return np.bincount(classes * count + answers, minlength=count * count).reshape(count, count)


def macro_f1(classes: Integers, answers: Integers, count: int) -> float:
    """The mean F1 of the classes that occur, in truth or as answers."""
    return mean_f1(confusion_matrix(classes, answers, count))


def mean_f1(confusion: Integers) -> float:
    """The mean F1 of the classes of a confusion matrix that occur, in truth or as answers."""
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float((2 * np.diagonal(confusion)[both > 0] / both[both > 0]).mean())
