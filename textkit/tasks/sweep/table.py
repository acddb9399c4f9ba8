"""The trials of a sweep as rows, the best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textkit.tasks.sweep.plan import Trial, show
from textkit.tasks.sweep.trials import Measure, Outcome


def ranked(trials: Sequence[Trial], outcomes: Mapping[str, Outcome], measure: Measure) -> list[Trial]:
    """Trials by their figures on validation texts, the best first; then those that have none."""

    def key(trial: Trial) -> tuple[bool, float, int]:
        figure = outcomes[trial.name].figure if trial.name in outcomes else None
        return figure is None, 0.0 if figure is None else -figure if measure.higher else figure, trial.number

    return sorted(trials, key=key)


def rows(trials: Sequence[Trial], outcomes: Mapping[str, Outcome], measure: Measure) -> list[list[str]]:
    """A header, then a row a trial: its name, what varies, the figure, seconds and how it ended."""
    varied = list(trials[0].varied)
    found = [["trial", *varied, f"{measure.texts} {measure.name}", "seconds", "state"]]
    for trial in ranked(trials, outcomes, measure):
        settings = [show(value) for value in trial.varied.values()]
        outcome = outcomes.get(trial.name)
        if outcome is None:
            found.append([trial.name, *settings, "", "", "waiting"])
            continue
        figure = "" if outcome.figure is None else f"{outcome.figure:.4f}"
        state = f"{outcome.state}: {outcome.message}" if outcome.message else outcome.state
        found.append([trial.name, *settings, figure, f"{outcome.seconds:.0f}", state])
    return found


def as_tsv(table: Sequence[Sequence[str]]) -> str:
    """Rows as tab-separated lines.

    >>> as_tsv([["a", "b"], ["1", "x\\ty"]])
    'a\\tb\\n1\\tx y\\n'
    """
    return "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in table)
