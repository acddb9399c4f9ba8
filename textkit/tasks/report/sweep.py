"""The report of a sweep: its trials, the best first, and the recipe of the best."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textkit.tasks.report.curves import curves
from textkit.tasks.report.kinds import telling
from textkit.tasks.report.markup import Html, data, words
from textkit.tasks.report.page import Section, bars, listed, page, paragraph, table
from textkit.tasks.report.recipe import facts, recipe
from textkit.tasks.report.record import RunRecord
from textkit.tasks.sweep.plan import Trial, show
from textkit.tasks.sweep.table import ranked, rows
from textkit.tasks.sweep.trials import Journal, Measure


def sweep_report(journal: Journal, trials: Sequence[Trial], measure: Measure) -> str:
    """A page about a sweep that may not be finished; raises CheckpointError where the best run is damaged."""
    order, outcomes = ranked(trials, journal.outcomes, measure), journal.outcomes
    plan = journal.document["plan"]
    due = sum(each.name not in outcomes or outcomes[each.name].state == "interrupted" for each in trials)
    head = [
        listed(
            [
                ("kind", words(f"sweep of {len(trials)} trials")),
                ("command", words(f"textkit {plan['command']}")),
                (
                    "compared by",
                    words(
                        f"{measure.name} on {measure.texts}, {'more' if measure.higher else 'less'} is better"
                    ),
                ),
                ("made with", words(f"textkit {journal.document.get('textkit', 'of an unknown version')}")),
                *((name, data(show(value))) for name, value in plan["settings"].items()),
            ]
        )
    ]
    if due:
        head.append(
            paragraph(
                f"{due} of {len(trials)} trials are not done yet: the same command goes on.", kind="note"
            )
        )
    best = (
        order[0]
        if order and order[0].name in outcomes and outcomes[order[0].name].figure is not None
        else None
    )
    parts: list[Html] = [
        table(rows(trials, outcomes, measure), best=[1] if best else [], text=_texts(trials))
    ]
    figures = [(each.name, outcomes[each.name].figure) for each in order if each.name in outcomes]
    drawn = [(name, abs(figure), f"{figure:.4f}") for name, figure in figures if figure is not None]
    if drawn:
        parts.append(bars(drawn, heads=("trial", measure.name)))
    found = [Section("Trials", tuple(parts)), *_inputs(plan)]
    if best is not None:
        found += _best(journal.folder / best.name, best)
    return page(journal.folder.resolve().name, head, found)


def _texts(trials: Sequence[Trial]) -> list[int]:
    """Columns of words: how a trial ended, and settings that are no numbers."""
    varied = list(trials[0].varied) if trials else []
    texts = [
        n for n, name in enumerate(varied, 1) if any(isinstance(each.varied[name], str) for each in trials)
    ]
    return [*texts, len(varied) + 3]


def _inputs(plan: dict[str, dict[str, str]]) -> list[Section]:
    """What the trials learn from, with the beginnings of the sums that were taken."""
    given = [
        ["file", "sha256 begins"],
        *([name, digest] for name, digest in plan["content of the inputs"].items()),
    ]
    return [Section("Inputs", (table(given, text=(1,)),))]


def _best(path: Path, trial: Trial) -> list[Section]:
    record = RunRecord.open(path)
    told = paragraph(
        f"{trial.name}: {trial.describe()}. Its figure was chosen, so measure it anew on test texts."
    )
    parts = (telling(record.kind).results(record, {}), curves(record), recipe(record))
    titled = [Section(f"Best: {each.title.lower()}", each.parts) for each in parts]
    return [Section("The best trial", (told, facts(record))), *titled]
