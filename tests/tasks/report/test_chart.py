"""Pictures of numbers, whatever numbers these are."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from textkit.tasks.report.axes import Axis
from textkit.tasks.report.chart import MANY, Chart, Line, draw


def _picture(html: str) -> ElementTree.Element:
    """The svg element; raises for what is not well formed, and for a place that is no number."""
    found = re.search(r"<svg.*</svg>", html, re.DOTALL)
    assert found is not None
    assert not re.search(r"\b(nan|inf)\b", found.group())
    return ElementTree.fromstring(found.group())


def _places(picture: ElementTree.Element) -> list[list[tuple[float, float]]]:
    lines = [each.get("points", "") for each in picture.iter("polyline")]
    return [[tuple(map(float, place.split(","))) for place in line.split()] for line in lines]  # type: ignore[misc]


def test_larger_is_higher_and_later_is_further_right() -> None:
    [line] = _places(
        _picture(draw(Chart("loss", [Line("training", [(1, 3.0), (2, 1.0), (3, 2.0)])], "step")))
    )
    (x1, y1), (x2, y2), (x3, y3) = line
    assert x1 < x2 < x3
    assert y1 < y3 < y2  # from the top down


def test_a_logarithmic_axis_has_equal_factors_at_equal_distances() -> None:
    points = [(1, 1.0), (2, 10.0), (3, 100.0)]
    [line] = _places(_picture(draw(Chart("x", [Line("x", points)], "step", log=True))))
    heights = [y for _, y in line]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.11)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "points",
    [
        [(0, 1.0)],
        [(5, 2.0), (5, 2.0)],
        [(1, math.nan), (2, 1.0), (3, math.inf), (math.nan, 1.0)],
        [(1, 1e308), (2, 1e-308)],
        [(2**62, 1.0), (2**62 + 1, 2.0)],
        [(1, -1e308), (2, 1e308)],
        [(1, 0.0), (2, 1e-300)],
    ],
)
def test_any_numbers_can_be_drawn(points: list[tuple[float, float]], log: bool) -> None:
    _picture(draw(Chart("x", [Line("x", points)], "step", log=log)))


def test_nothing_to_draw_is_no_picture() -> None:
    assert draw(Chart("x", [Line("x", [])], "step")) == ""
    assert draw(Chart("x", [Line("x", [(1, math.nan)])], "step")) == ""
    assert draw(Chart("x", [Line("x", [(1, 0.0)])], "step", log=True)) == ""


def test_many_points_become_means_that_keep_the_mean() -> None:
    points = [(float(n), float(n % 7)) for n in range(10 * MANY)]
    [line] = _places(_picture(draw(Chart("x", [Line("x", points)], "step"))))
    assert len(line) == MANY


def test_the_best_step_is_marked_at_its_place() -> None:
    lines = [Line("x", [(0, 1.0), (10, 2.0)])]
    picture = _picture(draw(Chart("x", lines, "step", mark=(10, "best"))))
    [mark] = [each for each in picture.iter("line") if each.get("class") == "mark"]
    assert float(mark.get("x1", "nan")) == _places(picture)[0][1][0]
    picture = _picture(draw(Chart("x", lines, "step", mark=(99, "best"))))
    assert not [each for each in picture.iter("line") if each.get("class") == "mark"]


def test_names_are_escaped() -> None:
    html = draw(Chart("<b>", [Line('"<i>', [(1, 1.0)]), Line("b", [(1, 1.0)])], "<u>", mark=(1, "<s>")))
    assert not re.search(r"<[bius]>", html)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.93, 0.97), (-5, 5), (1e-9, 3e-9), (0, 1e12)])
def test_ticks_are_few_round_and_within(low: float, high: float) -> None:
    axis = Axis(low, high)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 7
    assert all(0 <= axis.place(tick) <= 1 + 1e-9 for tick in ticks)


@pytest.mark.parametrize(("low", "high"), [(1, 1000), (0.9, 1.1), (3, 4), (1e-30, 1e30), (7, 80)])
def test_so_are_those_of_a_logarithmic_axis(low: float, high: float) -> None:
    axis = Axis(low, high, log=True)
    assert 2 <= len(axis.ticks()) <= 7
    assert all(-1e-9 <= axis.place(tick) <= 1 + 1e-9 for tick in axis.ticks())
