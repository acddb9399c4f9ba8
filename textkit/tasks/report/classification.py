"""The report of a classifier: how often it is right, how sure it is, and what misleads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textkit.errors import UsageError
from textkit.tasks.classification.classifier import Floats
from textkit.tasks.classification.evaluation import evaluate, worst_mistakes
from textkit.tasks.classification.excerpts import excerpt
from textkit.tasks.classification.explanation import explain
from textkit.tasks.classification.global_explanation import driving_features
from textkit.tasks.classification.saved import SavedClassifier, load_classifier
from textkit.tasks.report.attributions import explained
from textkit.tasks.report.chart import Chart, Line, draw
from textkit.tasks.report.figures import count, number, reading
from textkit.tasks.report.held_out import Labelled, kept_texts
from textkit.tasks.report.markup import Html, data, tag
from textkit.tasks.report.page import Section, bars, heading, matrix, paragraph, sample, table
from textkit.tasks.report.record import RunRecord
from textkit.tasks.report.wanted import Wanted

MANY = 20  # classes; of more there is no confusion matrix, as in `textkit evaluate`
LONGEST = 2000  # characters of a text that are shown
TOP = 10  # features of a class


def summary(measured: Mapping[str, Mapping[str, Any]]) -> Html:
    """The measures as `textkit train-classifier` and `textkit evaluate` print them."""
    withheld = any(number(each, "coverage") < 1 for each in measured.values())
    heads = ["", "texts", "accuracy", "95 %", "macro-F1", "majority", "calibration error"]
    rows = [heads + ["answered", "accuracy of those"] * withheld]
    for name, each in measured.items():
        low, high = each["accuracy_interval"]
        digits = 2 if count(each, "texts") < 1000 else 3
        row = [name, str(count(each, "texts")), f"{number(each, 'accuracy'):.4f}"]
        row += [f"{low:.{digits}f}..{high:.{digits}f}", f"{number(each, 'macro_f1'):.4f}"]
        row += [f"{number(each, 'majority_baseline'):.4f}", f"{number(each, 'calibration_error'):.3f}"]
        if withheld:
            given = each["answered_accuracy"]
            row += [f"{number(each, 'coverage'):.4f}", "-" if given is None else f"{given:.4f}"]
        rows.append(row)
    return table(rows)


def results(record: RunRecord, tests: Mapping[str, Mapping[str, Any]]) -> Section:
    """What was recorded and what is measured now, with pictures."""
    with reading(record):
        measured = record.results | dict(tests)
        parts = [summary(measured)] if measured else []
        for name, each in measured.items():
            parts += [heading(name), *_details(each)]
    return Section("Results", tuple(parts))


def _details(measures: Mapping[str, Any]) -> list[Html]:
    labels = [str(label) for label in measures["labels"]]
    rows = [["", "precision", "recall", "F1", "texts"]]
    for each in measures["by_class"]:
        numbers = [f"{number(each, key):.4f}" for key in ("precision", "recall", "f1")]
        rows.append([str(each["label"]), *numbers, str(count(each, "support"))])
    parts = [table(rows)]
    if "confusion" in measures and len(labels) <= MANY:
        counts = [[float(cell) for cell in row] for row in measures["confusion"]]
        if [len(row) for row in counts] != [len(labels)] * len(labels):
            raise ValueError("the confusion matrix must have a row and a column for each label")
        told = "Confusion: rows are true classes, columns answers; dark is a large share of the row."
        parts.append(matrix(counts, sides=(labels, labels), corner="true \\ answer", caption=told))
    return [*parts, *_reliability(measures["reliability"])]


def _reliability(bins: list[Mapping[str, Any]]) -> list[Html]:
    rows, points = [["probability", "texts", "said", "right"]], []
    for each in bins:
        said, right = number(each, "probability"), number(each, "accuracy")
        points.append((said, right))
        where = f"{number(each, 'from'):.2f}..{number(each, 'to'):.2f}"
        rows.append([where, str(count(each, "texts")), f"{said:.3f}", f"{right:.3f}"])
    chart = Chart("calibration", [Line("right", sorted(points))], "said to be right", bounds=(0.0, 1.0))
    told = "On the dashed line probabilities hold: of answers said to be right with 0.8, eight in ten are."
    drawn = [each for each in (draw(chart), table(rows)) if each]
    return [paragraph(told, kind="soft"), tag("div", *drawn, class_="charts")]


def sections(record: RunRecord, tests: Mapping[str, Labelled], wanted: Wanted) -> list[Section]:
    """All that asks the classifier itself; its examples are of the run's own texts where none are given."""
    saved = load_classifier(record.run)
    judged = {name: saved.probabilities(each.texts.texts) for name, each in tests.items()}
    measured = {
        name: evaluate(judged[name], each.texts.classes, saved.labels, decision=saved.decision).as_dict()
        for name, each in tests.items()
    }
    parts: list[Html] = []
    for name, each in (tests or kept_texts(record, saved.labels)).items():
        found = judged[name] if name in judged else saved.probabilities(each.texts.texts)
        parts += _mistakes(saved, name, each, found, wanted)
    return [
        results(record, measured),
        Section("Surest mistakes", tuple(parts)),
        Section("What drives each class", tuple(_features(saved))),
    ]


def _mistakes(
    saved: SavedClassifier, name: str, given: Labelled, probabilities: Floats, wanted: Wanted
) -> list[Html]:
    worst = worst_mistakes(
        given.texts, probabilities, count=wanted.samples, decision=saved.decision, places=given.places
    )
    if not worst:
        return [paragraph(f"{name}: no mistake to show.")] if wanted.samples else []
    parts = [paragraph(f"{name}: green speaks for the answer that was wrong, red against it.", kind="soft")]
    for each in worst:
        title = f"{each.where}: answer {each.answer} ({each.probability:.3f}), label {each.label}"
        if len(each.text) > LONGEST:
            parts.append(sample(title, tag("p", data(excerpt(each.text, LONGEST)), class_="text")))
        else:
            parts.append(sample(title, explained(explain(saved, [each.text], target=each.answer)[0])))
    return parts


def _features(saved: SavedClassifier) -> list[Html]:
    if not hasattr(saved.classifier, "top_features") or len(saved.labels) > MANY:
        return []
    try:
        found = driving_features(saved.classifier, top=TOP)
    except UsageError:  # hashed features have no names
        return []
    parts = []
    for label, features in found.items():
        rows = [(each.word, max(each.effect, 0.0), f"{each.effect:+.4f}") for each in features]
        parts += [heading(label), bars(rows, heads=("word", "weight"))]
    return [
        tag(
            "div", *(tag("div", *pair) for pair in zip(parts[::2], parts[1::2], strict=True)), class_="charts"
        )
    ]
