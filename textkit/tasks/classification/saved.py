"""A trained classifier out of its run folder: probabilities and answers for any number of texts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from textkit.errors import CheckpointError, InputError, TextkitError, UsageError
from textkit.tasks.classification.classifier import Classifier, Floats, LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.decisions import (
    NONE,
    UNSURE,
    Decision,
    certainty,
    check_unsure,
    thresholds_of,
)
from textkit.tasks.classification.evaluation import Evaluation, evaluate
from textkit.tasks.classification.prepared_texts import labels_of
from textkit.tasks.configuration import make_settings, parse_settings
from textkit.tasks.kinds import check_kind
from textkit.text.pipeline import Pipeline
from textkit.train.checkpoint import RunFolder

KIND = "classifier"
LIKELIEST = Decision()
BATCH = 2048  # texts judged at a time


class Prediction(NamedTuple):
    """An answer: the label, or UNSURE; its probability; and those of all labels, in their order."""

    label: str
    probability: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class SavedClassifier:
    """A classifier with the settings and the pipeline it was trained with, and how it decides."""

    classifier: Classifier
    config: ClassifierConfig
    pipeline: Pipeline[str, list[str]]
    decision: Decision = LIKELIEST

    def __repr__(self) -> str:
        return f"SavedClassifier(preset={self.config.preset!r}, labels={self.labels!r})"

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of all probabilities."""
        return self.classifier.labels

    def deciding(self, *, thresholds: dict[str, float] | None = None, unsure: float = 0.0) -> SavedClassifier:
        """The same with other thresholds (see `decisions.thresholds_of`), or unsure below a probability.

        Raises UsageError for an unknown label and what is no probability.
        """
        check_unsure(unsure, self.labels)
        kept = thresholds_of(thresholds, self.labels) if thresholds else self.decision.thresholds
        return SavedClassifier(self.classifier, self.config, self.pipeline, Decision(kept, unsure))

    def probabilities(self, texts: Iterable[str]) -> Floats:
        """Calibrated probabilities (B, K); rows sum to one. Raises CheckpointError for damaged weights.

        Raises InputError, as the two below do, for a single string: it takes several.
        """
        batches = [self._judged(batch) for batch in _batches(texts)]
        return np.concatenate(batches) if batches else np.empty((0, len(self.labels)))

    def stream(self, texts: Iterable[str]) -> Iterator[Prediction]:
        """An answer for each text, as they come, in memory that does not grow."""
        for batch in _batches(texts):
            yield from self.answers(self._judged(batch))

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """An answer for each text."""
        return list(self.stream(texts))

    def _judged(self, texts: Sequence[str]) -> Floats:
        found = self.classifier.probabilities(texts)
        if not np.isfinite(found).all():
            raise CheckpointError(
                "the classifier's probabilities are no numbers (NaN): its weights are damaged; train again"
            )
        return found

    def answers(self, probabilities: Floats) -> Iterator[Prediction]:
        """The answers that probabilities (B, K) give."""
        forced, classes = self.decision.forced(probabilities), self.decision.classes(probabilities)
        columns = (classes.tolist(), certainty(probabilities, forced).tolist(), probabilities.tolist())
        for chosen, sure, row in zip(*columns, strict=True):
            yield Prediction(UNSURE if chosen == NONE else self.labels[chosen], sure, tuple(row))

    def evaluate(self, texts: LabelledTexts) -> Evaluation:
        """The measures of its answers on labelled texts of the same labels."""
        found = self.probabilities(texts.texts)
        return evaluate(found, texts.classes, self.labels, decision=self.decision)


def _batches(texts: Iterable[str]) -> Iterator[Sequence[str]]:
    if isinstance(texts, str):  # whose characters would be judged one by one
        raise InputError("texts must be a list of strings, not one string: put it into a list")
    remaining = iter(texts)
    while batch := list(itertools.islice(remaining, BATCH)):
        yield batch


def load_classifier(source: RunFolder | Path | str) -> SavedClassifier:
    """The classifier of a run folder; raises CheckpointError when it is missing, damaged or no classifier.

    >>> load_classifier("no-such-run")
    Traceback (most recent call last):
    textkit.errors.CheckpointError: no-such-run: not a textkit run: no such folder
    """
    run = open_classifier(source)
    config = config_of(run)
    pipeline = run.pipeline()
    classifier: Classifier
    if config.linear:
        from textkit.tasks.classification.linear import LinearClassifier

        arrays, labels = run.arrays("best"), labels_of(run)
        try:
            classifier = LinearClassifier.from_arrays(arrays, labels=labels, config=config, pipeline=pipeline)
        except TextkitError as error:
            raise CheckpointError(f"{run.path}: damaged: {error}") from error
    else:
        from textkit.tasks.classification.network import load_network_classifier

        classifier = load_network_classifier(run, config)
    return SavedClassifier(classifier, config, pipeline, _decision(run, classifier.labels))


def open_classifier(source: RunFolder | Path | str) -> RunFolder:
    """The run folder of a classifier; raises CheckpointError when it holds something else."""
    run = source if isinstance(source, RunFolder) else RunFolder.open(source)
    check_kind(run, KIND)
    return run


def config_of(run: RunFolder) -> ClassifierConfig:
    """The settings of a run; raises CheckpointError for what this version cannot read."""
    source = str(run.path / "config.toml")
    try:
        return make_settings(ClassifierConfig, parse_settings(run.config(), source=source), source=source)
    except UsageError as error:
        reason = str(error).removeprefix(f"{source}: ")
        raise CheckpointError(f"{source}: damaged, or of another version of textkit: {reason}") from error


def _decision(run: RunFolder, labels: tuple[str, ...]) -> Decision:
    thresholds = run.document.get("thresholds")
    if thresholds is None:
        return LIKELIEST
    whole = isinstance(thresholds, list) and len(thresholds) == len(labels)
    if not whole or not all(isinstance(each, float) and 0 < each < 1 for each in thresholds):
        raise CheckpointError(f"{run.path}: damaged: 'thresholds' must be a probability for each label")
    return Decision(tuple(thresholds))
