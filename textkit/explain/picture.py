"""Attributions as a picture: the text with its words coloured, and bars of those that count most."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from textkit import atomic
from textkit.explain.fonts import chinese_font, drawable, families
from textkit.explain.terminal import printable, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from textkit.explain.attribution import Attribution

COLUMNS = 60  # of a line, as a terminal counts: 30 Chinese characters
LINES = 40  # of a text that are drawn
ROW = 0.34  # inches
GREEN, RED = (0.18, 0.63, 0.26), (0.85, 0.21, 0.20)


def draw(attribution: Attribution, path: Path | str, *, top: int = 10) -> None:
    """Write a PNG. Characters that no font at hand has are drawn as escapes.

    Raises TextkitError when it cannot be written.
    """
    font = chinese_font()
    from matplotlib import rc_context
    from matplotlib.figure import Figure  # not pyplot: no global state, no display

    cells = _laid_out(attribution, font)
    lines = 1 + max((line for *_, line in cells), default=0)
    words = attribution.ranked(top)
    heights = [max(1, lines) * ROW + 0.3, max(1, len(words)) * ROW + 0.5]
    with rc_context({"font.family": families(font), "axes.unicode_minus": False}):
        figure = Figure(figsize=(8.5, sum(heights) + 0.6), layout="constrained")
        text_axes, bar_axes = figure.subplots(2, 1, height_ratios=heights)
        _draw_text(text_axes, cells, lines, attribution.largest or 1.0)
        against = "" if attribution.rival is None else f" against {attribution.rival}"
        title = f"{attribution.target}{against}: {attribution.value:+.3f} ({attribution.method})"
        text_axes.set_title(drawable(printable(title), font), fontsize=11, parse_math=False)
        names = [drawable(printable(word.text), font) for word in words]
        places = range(len(words))
        colours = [GREEN if word.score > 0 else RED for word in words]
        bar_axes.barh(places, [word.score for word in words], color=colours)
        bar_axes.set_yticks(places, names, parse_math=False)
        bar_axes.invert_yaxis()
        bar_axes.axvline(0, color="0.3", linewidth=0.8)
        bar_axes.spines[["top", "right", "left"]].set_visible(False)
        with atomic.writing(path) as temporary:
            figure.savefig(temporary, format="png", dpi=130)


def _laid_out(attribution: Attribution, font: str | None) -> list[tuple[str, float | None, int, int, int]]:
    """Each character with its word's score, its column, its width and its line, as far as there is room."""
    cells: list[tuple[str, float | None, int, int, int]] = []
    column = line = 0
    for piece, score in attribution.pieces():
        shown = drawable(printable(piece), font)
        room = sum(map(width, shown))
        if column and column + room > COLUMNS and room <= COLUMNS // 2:  # a word stays whole
            column, line = 0, line + 1
        for character in shown:
            size = width(character)
            if column + size > COLUMNS:
                column, line = 0, line + 1
            if line == LINES:
                return cells
            cells.append((character, score, column, size, line))
            column += size
    return cells


def _draw_text(
    axes: Axes, cells: list[tuple[str, float | None, int, int, int]], lines: int, largest: float
) -> None:
    from matplotlib.patches import Rectangle

    axes.set(xlim=(0, COLUMNS), ylim=(lines, 0))
    axes.axis("off")
    for character, score, column, size, line in cells:
        if score is not None and size and not math.isclose(score, 0.0):
            colour = (*(GREEN if score > 0 else RED), 0.8 * min(1.0, abs(score) / largest))
            axes.add_patch(Rectangle((column, line + 0.06), size, 0.88, facecolor=colour, edgecolor="none"))
        if not character.isspace():
            axes.text(
                column + size / 2,
                line + 0.5,
                character,
                ha="center",
                va="center",
                fontsize=12,
                parse_math=False,
            )
