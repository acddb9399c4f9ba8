"""How explanations are shown: words in colour or between marks, what they count, and groups of words."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TextIO, cast

from textkit.explain.terminal import coloured, marked, printable, width

if TYPE_CHECKING:
    from textkit.explain.attribution import Attribution
    from textkit.explain.hidden_units import HiddenUnit
    from textkit.tasks.classification import LabelledTexts, SavedClassifier
    from textkit.tasks.classification.explanation import Method
    from textkit.tasks.classification.global_explanation import DrivingWord, Mistakes

COLOURS = ("auto", "always", "never")
BATCH = 256  # texts explained at a time


@dataclass(frozen=True)
class Showing:
    """How much is shown, and how."""

    top: int
    colour: bool
    as_json: bool


def explained(
    saved: SavedClassifier, texts: Iterable[str], *, method: str | None, target: str | None
) -> Iterator[Attribution]:
    """An attribution for each text, as they come."""
    from textkit.tasks.classification.explanation import explain

    rest = iter(texts)
    while batch := list(islice(rest, BATCH)):
        yield from explain(saved, batch, method=cast("Method | None", method), target=target)


def write_attributions(attributions: Iterable[Attribution], out: TextIO, showing: Showing) -> None:
    """Each text with its words, or its JSON object."""
    for number, attribution in enumerate(attributions):
        if showing.as_json:
            _write_json(attribution.as_dict(top=showing.top), out)
            continue
        lines = explanation_lines(attribution, top=showing.top, colour=showing.colour)
        _write_lines(chain([""] if number else [], lines), out)


def write_driving(
    saved: SavedClassifier,
    texts: Iterable[str] | None,
    out: TextIO,
    showing: Showing,
    *,
    method: str | None,
) -> None:
    """The words that drive each class: over `texts`, or by the weights of a linear classifier."""
    from textkit.tasks.classification.global_explanation import driving_features, driving_words

    if texts is None:
        found = driving_features(saved.classifier, top=showing.top)
    else:
        attributions = explained(saved, texts, method=method, target=None)
        found = driving_words(attributions, saved.labels, top=showing.top)
    if showing.as_json:
        _write_json({label: [word._asdict() for word in words] for label, words in found.items()}, out)
    else:
        _write_lines(driving_lines(found), out)


def write_mistakes(saved: SavedClassifier, texts: LabelledTexts, out: TextIO, showing: Showing) -> None:
    """What the wrong answers have in common."""
    from textkit.tasks.classification.global_explanation import mistake_groups

    groups = mistake_groups(saved, texts, groups=showing.top)
    if showing.as_json:
        for group in groups:
            _write_json(asdict(group) | {"example": group.example.as_dict()}, out)
    else:
        _write_lines(mistake_lines(groups, colour=showing.colour) if groups else ["no mistakes"], out)


def write_units(saved: SavedClassifier, texts: Sequence[str], out: TextIO, showing: Showing) -> None:
    """What the hidden units of a network look for; raises UsageError for a classifier without any."""
    from textkit.tasks.classification.network_explanation import explain_units

    units = explain_units(saved, texts, units=showing.top)
    if showing.as_json:
        for unit in units:
            _write_json(asdict(unit), out)
    else:
        _write_lines(unit_lines(units, saved.labels), out)


def _write_json(value: dict[str, Any], out: TextIO) -> None:
    print(json.dumps(value, ensure_ascii=False), file=out)


def _write_lines(lines: Iterable[str], out: TextIO) -> None:
    for line in lines:
        print(line, file=out)


def in_colour(wanted: str) -> bool:
    """Whether to print colours: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    if wanted != "auto":
        return wanted == "always"
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and sys.stdout is not None and sys.stdout.isatty()


def explanation_lines(attribution: Attribution, *, top: int, colour: bool) -> Iterator[str]:
    """The answer, the text, and the `top` words for the answer and against it."""
    against = "" if attribution.rival is None else f" against {printable(attribution.rival)}"
    yield f"{printable(attribution.target)}{against}: {attribution.value:+.3f} by {attribution.method}"
    yield (coloured if colour else marked)(attribution)
    for word in attribution.ranked(top):
        yield f"  {word.score:+9.3f}  {printable(word.text)}"
    if top and attribution.rest is not None:
        yield f"  {attribution.rest:+9.3f}  (no word)"


def driving_lines(found: Mapping[str, Sequence[DrivingWord]]) -> Iterator[str]:
    """The words that drive each class."""
    for label, words in found.items():
        yield f"{printable(label)}:"
        widest = max((width(printable(word.word)) for word in words), default=0)
        for word in words:
            shown = printable(word.word)
            held = f"  in {word.texts:,} texts" if word.texts else ""
            yield f"  {shown}{' ' * (widest - width(shown))}  {word.effect:+.4f}{held}"


def mistake_lines(groups: Sequence[Mistakes], *, colour: bool) -> Iterator[str]:
    """Each group of mistakes: of which kind, what misled, and the text that stands for it."""
    for group in groups:
        number = len(group.texts)
        kind = f"{printable(group.label)} taken for {printable(group.answer)}"
        yield f"{kind}: {number} {'text' if number == 1 else 'texts'}"
        yield "  misled by: " + ", ".join(f"{printable(word)} {score:+.2f}" for word, score in group.words)
        yield f"  {(coloured if colour else marked)(group.example)}"


def unit_lines(units: Sequence[HiddenUnit], labels: Sequence[str]) -> Iterator[str]:
    """Each hidden unit: the class it speaks for most, and the phrases it answers to."""
    for unit in units:
        best = max(range(len(labels)), key=lambda label: unit.weights[label])
        yield f"unit {unit.number}, for {printable(labels[best])} ({unit.weights[best]:+.3f}):"
        yield "  " + " | ".join(f"{printable(phrase)} {value:.2f}" for phrase, value in unit.phrases)
