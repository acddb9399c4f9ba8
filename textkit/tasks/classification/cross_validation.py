"""How good a kind of classifier is on these texts: trained and measured on fold after fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textkit.data.splits import k_fold
from textkit.errors import UsageError
from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.copies import warnings
from textkit.tasks.classification.evaluation import Evaluation, evaluate
from textkit.tasks.classification.fitting import Say, Watch, check_texts, fit_aside

MEASURES: dict[str, Callable[[Evaluation], float]] = {
    "accuracy": lambda fold: fold.accuracy,
    "macro_f1": lambda fold: fold.macro_f1,
    "calibration_error": lambda fold: fold.calibration_error(),
}


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """What was measured on each fold, in order; `pooled` over all texts, each judged by the classifier that
    did not see it."""

    folds: tuple[Evaluation, ...]
    pooled: Evaluation
    seed: int

    def summary(self) -> dict[str, tuple[float, float]]:
        """Of each measure its mean over the folds, and the mean's standard error.

        Folds share training texts, so the true error is somewhat larger (Bengio and Grandvalet 2004).
        """
        summed = {}
        for name, measure in MEASURES.items():
            values = np.array([measure(fold) for fold in self.folds])
            summed[name] = (float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))
        return summed

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, for JSON."""
        means = {name: {"mean": m, "standard_error": e} for name, (m, e) in self.summary().items()}
        return {
            "seed": self.seed,
            "summary": means,
            "folds": [fold.as_dict() for fold in self.folds],
            "pooled": self.pooled.as_dict(),
        }


def cross_validate(
    texts: LabelledTexts,
    config: ClassifierConfig,
    *,
    folds: int,
    unlabelled: Sequence[str] = (),
    watch: Watch | None = None,
    say: Say | None = None,
) -> CrossValidation:
    """Train on all folds but one and measure on that one, for each.

    The folds depend on `config.seed` and the texts alone, so that classifiers compare on the same ones. Each
    has as many texts of each class, and copies of a text share one. Raises UsageError for more folds than
    the texts make, InputError for texts that nothing can be learnt from.
    """
    say = say or (lambda _message: None)
    check_texts(texts, config, unlabelled=unlabelled)
    for warning in warnings(texts, {}):
        say(warning)
    labels = texts.classes.tolist()
    parts = list(k_fold(len(texts), folds, seed=config.seed, labels=labels, groups=texts.texts))
    for number, (train, test) in enumerate(parts, 1):
        if not len(test) or len(np.unique(texts.classes[train])) < 2:
            lack = "texts of two labels to learn from" if len(test) else "a text to measure with"
            raise UsageError(
                f"fold {number} of {folds} would lack {lack} (copies share a fold); give fewer folds, or "
                "more texts"
            )
    pooled = np.empty((len(texts), len(texts.labels)))
    results = []
    for train, test in parts:
        held = texts.select(test)
        shown = texts.select(train)
        classifier = fit_aside(shown, config, unlabelled=unlabelled, watch=watch, say=say)
        pooled[test] = classifier.probabilities(held.texts)
        results.append(evaluate(pooled[test], held.classes, texts.labels))
        say(f"fold {len(results)} of {folds}: accuracy {results[-1].accuracy:.4f}")
    return CrossValidation(tuple(results), evaluate(pooled, texts.classes, texts.labels), config.seed)
