"""A picture of a sweep: the figure on validation texts by each setting that varied."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textkit import atomic
from textkit.tasks.sweep.plan import Trial, show
from textkit.tasks.sweep.table import ranked
from textkit.tasks.sweep.trials import Measure, Outcome

_WIDE = 4  # panels beside each other
_TICKS = 8  # at most, where each value has one


def draw_sweep(
    trials: Sequence[Trial], outcomes: Mapping[str, Outcome], measure: Measure, path: Path
) -> None:
    """One panel a setting, a dot a trial, the best marked, as a PNG; what has no figure is left out.

    Numbers stand where they are, on a logarithmic axis when they span a factor of 20; others side by side.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    from matplotlib.figure import Figure  # not pyplot: no global state, no display

    done = [
        (trial, reached)
        for trial in ranked(trials, outcomes, measure)
        if trial.name in outcomes and (reached := outcomes[trial.name].figure) is not None
    ]
    names = list(trials[0].varied)
    across = min(len(names), _WIDE)
    down = math.ceil(len(names) / across)
    figure = Figure(figsize=(3.4 * across + 0.8, 3.2 * down), layout="constrained")
    panels = figure.subplots(down, across, sharey=True, squeeze=False)
    for place, axes in enumerate(panels.flat):
        if place >= len(names):
            axes.set_axis_off()
            continue
        _draw_panel(axes, [(trial.varied[names[place]], y) for trial, y in done])
        axes.set(xlabel=names[place])
        if place % across == 0:
            axes.set_ylabel(f"{measure.texts} {measure.name}")
    with atomic.writing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


def _draw_panel(axes: Any, points: Sequence[tuple[Any, float]]) -> None:
    axes.grid(visible=True, alpha=0.25)
    if not points:
        return
    values = [value for value, _ in points]
    figures = [figure for _, figure in points]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        xs = [float(value) for value in values]
        if min(xs) > 0 and max(xs) / min(xs) >= 20:
            axes.set_xscale("log")
        elif len(set(values)) <= _TICKS and all(isinstance(value, int) for value in values):
            axes.set_xticks(sorted(set(xs)))  # no ticks between whole numbers
    else:
        known = list(dict.fromkeys(map(show, values)))
        known.sort()
        xs = [float(known.index(show(value))) for value in values]
        turned = 30 if max(map(len, known)) > 8 else 0
        axes.set_xticks(range(len(known)), known, rotation=turned, parse_math=False)
        axes.set_xlim(-0.5, len(known) - 0.5)
    axes.plot(xs, figures, "o", color="tab:blue", alpha=0.7)
    axes.plot(xs[:1], figures[:1], "*", color="tab:red", markersize=14, label="best")
    axes.legend(loc="best", fontsize="small")
