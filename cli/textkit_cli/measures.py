"""The measures of classifiers as small tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textkit.errors import visible
from textkit.tasks.classification.excerpts import excerpt
from textkit_cli.columns import aligned

if TYPE_CHECKING:
    from textkit.tasks.classification.cross_validation import CrossValidation
    from textkit.tasks.classification.evaluation import Evaluation, Mistake

MANY = 20  # classes; of more the confusion matrix is left to --json
LONGEST = 80  # characters of a mistake's text


def summary_table(results: Mapping[str, Evaluation]) -> str:
    """A row a set of texts, without a line end.

    >>> import numpy as np
    >>> from textkit.tasks.classification.evaluation import evaluate
    >>> some = evaluate(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1]), ["0", "1"])
    >>> print(summary_table({"test": some}))
          texts  accuracy        95 %  macro-F1  majority  calibration error
    test      2    1.0000  0.34..1.00    1.0000    0.5000              0.150
    """
    heads = ["", "texts", "accuracy", "95 %", "macro-F1", "majority", "calibration error"]
    withheld = any(result.coverage < 1 for result in results.values())
    rows = [heads + ["answered", "accuracy of those"] * withheld]
    for name, result in results.items():
        low, high = result.interval()
        digits = 2 if result.texts < 1000 else 3
        row = [name, str(result.texts), f"{result.accuracy:.4f}", f"{low:.{digits}f}..{high:.{digits}f}"]
        row += [f"{result.macro_f1:.4f}", f"{result.majority:.4f}", f"{result.calibration_error():.3f}"]
        if withheld:
            given = result.answered_accuracy
            row += [f"{result.coverage:.4f}", "-" if given is None else f"{given:.4f}"]
        rows.append(row)
    return aligned(rows)


def class_table(result: Evaluation) -> str:
    """Precision, recall and F1 of each class."""
    rows = [["", "precision", "recall", "F1", "texts"]]
    for each in result.by_class():
        numbers = [f"{each[name]:.4f}" for name in ("precision", "recall", "f1")]
        rows.append([visible(each["label"]), *numbers, str(each["support"])])
    return aligned(rows)


def confusion_table(result: Evaluation) -> str:
    """Rows are true classes, columns answers."""
    labels = [visible(label) for label in result.labels]
    rows = zip(labels, result.confusion.tolist(), strict=True)
    return aligned([["true \\ answer", *labels], *([label, *map(str, row)] for label, row in rows)])


def reliability_table(result: Evaluation) -> str:
    """How sure and how right the answers are, by how sure they are."""
    rows = [["probability", "texts", "said", "right"]]
    for each in result.reliability():
        numbers = [str(each["texts"]), f"{each['probability']:.3f}", f"{each['accuracy']:.3f}"]
        rows.append([f"{each['from']:.2f}..{each['to']:.2f}", *numbers])
    return aligned(rows)


def fold_table(found: CrossValidation) -> str:
    """A row a fold, their mean and its standard error."""
    from textkit.tasks.classification.cross_validation import MEASURES

    rows = [["", "texts", "accuracy", "macro-F1", "calibration error"]]
    for number, fold in enumerate(found.folds, 1):
        measured = [f"{measure(fold):.4f}" for measure in MEASURES.values()]
        rows.append([f"fold {number}", str(fold.texts), *measured])
    means = found.summary().values()
    rows.append(["mean", str(found.pooled.texts), *(f"{mean:.4f}" for mean, _ in means)])
    rows.append(["± standard error", "", *(f"{error:.4f}" for _, error in means)])
    return aligned(rows)


def mistake_lines(mistakes: Iterable[Mistake]) -> str:
    """The mistakes, a line each: place, answer, its probability, true label, the text."""
    rows = []
    for each in mistakes:
        text = excerpt(each.text, LONGEST)
        answer, label = visible(each.answer), visible(each.label)
        rows.append(f"{each.where}: answer {answer} ({each.probability:.3f}), label {label}: {text}")
    return "\n".join(rows)
