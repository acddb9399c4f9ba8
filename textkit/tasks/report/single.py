"""The report of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textkit.tasks.report.curves import curves
from textkit.tasks.report.kinds import telling
from textkit.tasks.report.page import Section, page, paragraph
from textkit.tasks.report.recipe import facts, recipe
from textkit.tasks.report.record import RunRecord
from textkit.tasks.report.wanted import Wanted

UNFINISHED = "This training has not come to its end: go on with it by --resume. Shown is what there is."
EMPTY = "No model was saved yet: there is nothing to measure, and no sample."


def report(record: RunRecord, tests: Mapping[str, Any], wanted: Wanted) -> str:
    """A page about a run; `tests` are texts by name to measure it on and take samples from.

    They are what the kind of run is measured on: lines, `held_out.Labelled`, tagged sentences or pairs.
    Raises CheckpointError for a damaged run, InputError for texts that nothing can be measured on.
    """
    notes = [*([] if record.finished else [UNFINISHED]), *record.run.document.get("notes", [])]
    sections = _sections(record, tests, wanted, notes)
    head = [facts(record), *(paragraph(note, kind="note") for note in notes)]
    return page(record.name, head, sections)


def _sections(record: RunRecord, tests: Mapping[str, Any], wanted: Wanted, notes: list[str]) -> list[Section]:
    if record.run.kind != "ngram" and not record.run.has("best"):
        notes.append(EMPTY)
        found: list[Section] = []
    else:
        found = telling(record.kind).sections(record, _apart(tests, record), wanted)
    return [*found[:1], curves(record), *found[1:], recipe(record)]


def _apart(tests: Mapping[str, Any], record: RunRecord) -> dict[str, Any]:
    """The texts by names that no recorded results have."""
    return {f"{name} (given)" if name in record.results else name: each for name, each in tests.items()}
