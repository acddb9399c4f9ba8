"""Lines and points over two axes, as a picture within the page: the same numbers give the same bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from textkit.tasks.report.axes import Axis, written
from textkit.tasks.report.markup import EMPTY, Html, data, tag, words

COLOURS = "abcdef"
MANY = 400  # points drawn of a line; of more, means of neighbours
FEW = 40  # points that are marked each

_WIDTH, _HEIGHT = 480, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 42

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """A name and the points of a line, from left to right; with `thin` those of a long one are means."""

    name: str
    points: Points
    thin: bool = True


@dataclass(frozen=True)
class Chart:
    """What a picture shows: lines, what its axes are called, and with `mark` a place along the first axis."""

    title: str
    lines: Sequence[Line]
    across: str
    log: bool = False
    zero: bool = False
    mark: tuple[float, str] | None = None
    bounds: tuple[float, float] | None = None  # of both axes, with a line from corner to corner


def draw(chart: Chart) -> Html:
    """The picture with its names below; nothing where there is no point to draw."""
    lines = [Line(each.name, _drawable(each, log=chart.log), each.thin) for each in chart.lines]
    lines = [each for each in lines if each.points]
    if not lines:
        return EMPTY
    if chart.bounds is None:
        across = Axis.of([x for line in lines for x, _ in line.points])
        up = Axis.of([y for line in lines for _, y in line.points], log=chart.log, zero=chart.zero)
    else:
        across = up = Axis(*chart.bounds)
    parts = [*_grid(across, up), *_mark(chart, across)]
    for number, line in enumerate(lines):
        parts += _line(line, across, up, COLOURS[number % len(COLOURS)])
    label = tag(
        "text", words(chart.across), x=(_LEFT + _WIDTH - _RIGHT) / 2, y=_HEIGHT - 6, text_anchor="middle"
    )
    names = ", ".join(line.name for line in lines)
    picture = tag(
        "svg",
        tag("title", words(f"{chart.title}: {names} over {chart.across}")),
        *parts,
        label,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
    )
    return tag("figure", picture, tag("figcaption", _keys(chart, lines)))


def _drawable(line: Line, *, log: bool) -> list[tuple[float, float]]:
    """Points that are numbers and can be shown; of many the means of neighbours."""
    points = [
        (float(x), float(y))
        for x, y in line.points
        if math.isfinite(x) and math.isfinite(y) and (y > 0 or not log)
    ]
    if not line.thin or len(points) <= MANY:
        return points
    width = math.ceil(len(points) / MANY)
    parts = (points[begin : begin + width] for begin in range(0, len(points), width))
    return [(sum(x for x, _ in part) / len(part), sum(y / len(part) for _, y in part)) for part in parts]


def _x(axis: Axis, value: float) -> float:
    return round(_LEFT + axis.place(value) * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(axis: Axis, value: float) -> float:
    return round(_HEIGHT - _BOTTOM - axis.place(value) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _grid(across: Axis, up: Axis) -> list[Html]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for value in up.ticks():
        y = _y(up, value)
        parts.append(tag("line", x1=_LEFT, x2=right, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", words(written(value)), x=_LEFT - 6, y=y + 4, text_anchor="end"))
    for value in across.ticks():
        x = _x(across, value)
        parts.append(tag("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, class_="axis"))
        parts.append(tag("text", words(written(value)), x=x, y=bottom + 18, text_anchor="middle"))
    parts.append(tag("line", x1=_LEFT, x2=right, y1=bottom, y2=bottom, class_="axis"))
    parts.append(tag("line", x1=_LEFT, x2=_LEFT, y1=_TOP, y2=bottom, class_="axis"))
    return parts


def _mark(chart: Chart, across: Axis) -> list[Html]:
    if chart.bounds is not None:
        ends = {"x1": _LEFT, "y1": _HEIGHT - _BOTTOM, "x2": _WIDTH - _RIGHT, "y2": _TOP}
        return [tag("line", **ends, class_="mark")]
    if chart.mark is None or not 0 <= across.place(chart.mark[0]) <= 1:
        return []
    x = _x(across, chart.mark[0])
    return [
        tag(
            "line",
            tag("title", words(chart.mark[1])),
            x1=x,
            x2=x,
            y1=_TOP,
            y2=_HEIGHT - _BOTTOM,
            class_="mark",
        )
    ]


def _line(line: Line, across: Axis, up: Axis, colour: str) -> list[Html]:
    places = [(_x(across, x), _y(up, y)) for x, y in line.points]
    drawn = " ".join(f"{x:g},{y:g}" for x, y in places)
    parts = [tag("polyline", points=drawn, class_=f"line {colour}")]
    if len(places) <= FEW:
        parts += [
            tag(
                "circle",
                tag("title", words(f"{line.name}: {written(x)}, {y:.4g}")),
                cx=a,
                cy=b,
                r=3,
                class_=colour,
            )
            for (a, b), (x, y) in zip(places, line.points, strict=True)
        ]
    return parts


def _keys(chart: Chart, lines: Sequence[Line]) -> Html:
    if len(lines) == 1 and lines[0].name == chart.title:
        return data(chart.title)
    keys = [
        Html(tag("span", class_=f"key {COLOURS[number % len(COLOURS)]}") + data(line.name))
        for number, line in enumerate(lines)
    ]
    marked = words(f" (dashed: {chart.mark[1]})") if chart.mark and chart.bounds is None else EMPTY
    return Html(words(f"{chart.title}:") + "".join(keys) + marked)
