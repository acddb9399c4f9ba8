"""Texts to take examples from: those that are given, else those that a run keeps to go on training by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textkit.data.spans import TaggedSentence, well_formed
from textkit.errors import CheckpointError, InputError
from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.report.record import RunRecord

_ORDER = ("test", "dev")  # which of those that were kept is shown
_FORGED = (AttributeError, InputError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Labelled:
    """Labelled texts and where each stands."""

    texts: LabelledTexts
    places: Sequence[str]


def kept_texts(record: RunRecord, labels: tuple[str, ...]) -> dict[str, Labelled]:
    """The labelled texts of a network's run, by name; none of a linear classifier's."""
    found = _kept(record, "texts.json")
    if found is None:
        return {}
    name, file = found
    try:
        document = json.loads(record.run.read(file))
        texts, classes = tuple(document["texts"]), np.array(document["classes"], np.int64)
        if len(texts) != len(classes) or not all(isinstance(text, str) for text in texts):
            raise ValueError("texts and classes do not match")
        if not len(texts) or classes.min() < 0 or classes.max() >= len(labels):
            raise ValueError("a class has no label")
    except _FORGED as error:
        raise _damaged(record, file, error) from error
    places = [f"{name}, text {place}" for place in range(1, len(texts) + 1)]
    return {name: Labelled(LabelledTexts(texts, classes, labels), places)}


def kept_sentences(record: RunRecord) -> dict[str, list[TaggedSentence]]:
    """The tagged sentences of a tagger's run, by name."""
    found = _kept(record, "sentences.jsonl")
    if found is None:
        return {}
    name, file = found
    try:
        rows = [json.loads(line) for line in record.run.read(file).decode("utf-8").split("\n") if line]
        return {name: [_sentence(row) for row in rows]}
    except _FORGED as error:
        raise _damaged(record, file, error) from error


def _sentence(row: Any) -> TaggedSentence:
    tokens, tags = tuple(row["tokens"]), tuple(well_formed(row["tags"]))
    if len(tokens) != len(tags) or not all(isinstance(token, str) for token in tokens):
        raise ValueError("tokens and tags do not match")
    return TaggedSentence(tokens, tags)


def _kept(record: RunRecord, file: str) -> tuple[str, str] | None:
    names = ((name, f"data/{name}/{file}") for name in _ORDER)
    return next((each for each in names if each[1] in record.run.document["files"]), None)


def _damaged(record: RunRecord, file: str, error: Exception) -> CheckpointError:
    return CheckpointError(f"{record.run.path / file}: damaged: {error}")
