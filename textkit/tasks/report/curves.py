"""How a training went: its log as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textkit.tasks.report.chart import Chart, Line, draw
from textkit.tasks.report.markup import Html, tag
from textkit.tasks.report.page import Section, folded, table
from textkit.tasks.report.record import RunRecord

_RATE = "_per_second"
_DIGITS = 5
# Names in the log that are pictures of their own, or no measures.
_APART = ("step", "epoch", "seconds", "learning_rate", "gradient_norm")


def curves(record: RunRecord) -> Section:
    """The measures in training and validation, the learning rate, the gradient's norm and the speed."""
    records = record.log
    names = list(dict.fromkeys(name for each in records for name in each))
    best = record.best_step
    mark = None if best is None else (float(best), f"best step, {best:,}")
    charts = []
    for name in dict.fromkeys(name.removeprefix("valid_") for name in names):
        if name in _APART or name.endswith(_RATE):
            continue
        given = [
            Line("training", points(records, name)),
            Line("validation", points(records, f"valid_{name}")),
        ]
        charts.append(Chart(_told(name), given, "step", log=_is_log(name, given), mark=mark))
    for name in ("learning_rate", "gradient_norm"):
        line = Line(_told(name), points(records, name))
        charts.append(
            Chart(_told(name), [line], "step", log=name == "gradient_norm", zero=name != "gradient_norm")
        )
    for name in names:
        if name.endswith(_RATE):
            line = Line(_told(name), points(records, name))
            charts.append(Chart("speed", [line], "step", zero=True))
    drawn = [each for each in map(draw, charts) if each]
    parts: list[Html] = [tag("div", *drawn, class_="charts")] if drawn else []
    if (found := _validations(records, names, best)) is not None:
        parts.append(folded("The validations as numbers", found))
    return Section("Training", tuple(parts))


def points(records: Sequence[dict[str, Any]], name: str) -> list[tuple[float, float]]:
    """Step and value of each record that has it."""
    return [(each["step"], each[name]) for each in records if name in each]


def _told(name: str) -> str:
    return name.replace("_", " ").replace(" per second", " a second")


def _is_log(name: str, lines: Sequence[Line]) -> bool:
    return name == "perplexity" and all(value > 0 for line in lines for _, value in line.points)


def _validations(records: Sequence[dict[str, Any]], names: Sequence[str], best: int | None) -> Html | None:
    columns = [name for name in names if name.startswith("valid_")]
    rows = [["step", *map(_told, columns)]]
    marked = []
    for each in records:
        if any(name in each for name in columns):
            if each["step"] == best:
                marked.append(len(rows))
            rows.append([f"{each['step']:,}", *(_number(each.get(name)) for name in columns)])
    return table(rows, best=marked) if len(rows) > 1 else None


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.{_DIGITS}g}"
