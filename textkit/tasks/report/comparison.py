"""Several runs on one page: their results below each other, what differs, their curves together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textkit.tasks.report.chart import COLOURS, Chart, Line, draw
from textkit.tasks.report.curves import points
from textkit.tasks.report.figures import reading
from textkit.tasks.report.kinds import telling
from textkit.tasks.report.markup import Html, tag, words
from textkit.tasks.report.page import Section, folded, heading, listed, page, paragraph, table
from textkit.tasks.report.recipe import facts, plain
from textkit.tasks.report.record import RunRecord


def comparison(records: Sequence[RunRecord], paths: Sequence[Path | str]) -> str:
    """A page about runs of any kind; `paths` tell apart those whose folders have the same name."""
    names = [record.name for record in records]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    named = dict(zip(names, records, strict=True))
    head = [listed([("kind", words(f"comparison of {len(named)} runs"))])]
    unfinished = [name for name, record in named.items() if not record.finished]
    if unfinished:
        head.append(paragraph(f"Not trained to their end: {', '.join(unfinished)}.", kind="note"))
    told = [part for name, record in named.items() for part in (heading(name), facts(record))]
    sections = [_results(named), _curves(named), _settings(named), Section("Runs", tuple(told))]
    return page(" · ".join(names), head, sections)


def _results(named: dict[str, RunRecord]) -> Section:
    parts: list[Html] = []
    for kind in dict.fromkeys(record.kind for record in named.values()):
        measured = dict[str, Mapping[str, Any]]()
        for name, record in named.items():
            if record.kind == kind:
                with reading(record):
                    telling(kind).summary(record.results)  # names the run whose results are none
                measured |= {f"{name}, {texts}": each for texts, each in record.results.items()}
        if measured:
            parts += [heading(kind), telling(kind).summary(measured)]
    return Section("Results", tuple(parts))


def _curves(named: dict[str, RunRecord]) -> Section:
    """One picture a measure that is validated, a line a run."""
    measures = dict.fromkeys(
        name for record in named.values() for each in record.log for name in each if name.startswith("valid_")
    )
    drawn = []
    chosen = dict(list(named.items())[: len(COLOURS)])
    for measure in measures:
        lines = [Line(name, points(record.log, measure)) for name, record in chosen.items()]
        title = f"validation {measure.removeprefix('valid_').replace('_', ' ')}"
        drawn.append(draw(Chart(title, lines, "step", log=measure == "valid_perplexity")))
    drawn = [each for each in drawn if each]
    left = f"The first {len(chosen)} runs." if len(chosen) < len(named) else ""
    parts = [*([paragraph(left, kind="soft")] if left and drawn else []), tag("div", *drawn, class_="charts")]
    return Section("Training", tuple(parts) if drawn else ())


def _settings(named: dict[str, RunRecord]) -> Section:
    keys = dict.fromkeys(key for record in named.values() for key in record.settings)
    rows = {key: [plain(record.settings.get(key)) for record in named.values()] for key in keys}
    head, text = ["setting", *named], range(1, len(named) + 1)
    differing = [[key, *row] for key, row in rows.items() if len(set(row)) > 1]
    same = [[key, row[0]] for key, row in rows.items() if len(set(row)) == 1]
    parts = [table([head, *differing], text=text) if differing else paragraph("All settings are the same.")]
    if same:
        parts.append(folded("Settings that are the same", table([["setting", "value"], *same], text=(1,))))
    return Section("Settings that differ", tuple(parts))
