"""Spans and their scores against seqeval, on random tags, well formed or not."""

from __future__ import annotations

import random

import pytest
from seqeval.metrics import classification_report, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities

from textkit.data.spans import span_report, spans_of

LABELS = ["city", "time", "arrival-time"]
TAGS = ["O", "O", *(f"{letter}-{label}" for letter in "BI" for label in LABELS)]


def random_tags(generator: random.Random, *, like: list[str] | None = None) -> list[str]:
    if like is not None:  # a tagger that is mostly right
        return [tag if generator.random() < 0.8 else generator.choice(TAGS) for tag in like]
    return [generator.choice(TAGS) for _ in range(generator.randrange(1, 12))]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.filterwarnings("ignore::Warning")  # seqeval warns of what it divides by zero
def test_spans_and_measures_equal_seqevals(seed: int) -> None:
    generator = random.Random(seed)
    wanted = [random_tags(generator) for _ in range(generator.randrange(1, 30))]
    found = [random_tags(generator, like=tags) for tags in wanted]
    for tags in wanted:
        assert [(s.label, s.start, s.end - 1) for s in spans_of(tags)] == get_entities(tags)
    report = span_report(wanted, found)
    theirs = classification_report(wanted, found, output_dict=True, zero_division=0)
    for label, count in report.labels.items():
        assert count.precision == pytest.approx(theirs[label]["precision"])
        assert count.recall == pytest.approx(theirs[label]["recall"])
        assert count.f1 == pytest.approx(theirs[label]["f1-score"])
        assert count.wanted == theirs[label]["support"]
    assert set(report.labels) == set(theirs) - {"micro avg", "macro avg", "weighted avg"}
    assert report.micro.precision == pytest.approx(precision_score(wanted, found))
    assert report.micro.recall == pytest.approx(recall_score(wanted, found))
    assert report.micro.f1 == pytest.approx(f1_score(wanted, found))
    assert report.macro_f1 == pytest.approx(f1_score(wanted, found, average="macro"))
