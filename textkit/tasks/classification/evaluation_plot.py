"""A picture of an evaluation: the confusion matrix, and how far the probabilities hold."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from textkit import atomic
from textkit.errors import visible
from textkit.tasks.classification.evaluation import Evaluation

NAMED = 60  # classes; of more the axes hold the numbers of some
MANY = 12  # classes; of more the cells hold no numbers


def draw_evaluation(
    result: Evaluation, path: Path | str, *, say: Callable[[str], None] = lambda _message: None
) -> None:
    """Write the picture as a PNG; `say` is told where labels cannot be drawn for want of a font."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    from matplotlib.figure import Figure  # not pyplot: no global state, no display

    figure = Figure(figsize=(10, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_confusion(left, result, _labels(result.labels, say))
    _draw_reliability(right, result)
    with atomic.writing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


def _labels(labels: tuple[str, ...], say: Callable[[str], None]) -> tuple[list[str], str | None]:
    """The labels as they can be drawn, and the font for them."""
    from textkit.explain.fonts import chinese_font

    if all(label.isascii() for label in labels):
        return [visible(label) for label in labels], None
    font = chinese_font()
    if font is not None:
        return [visible(label) for label in labels], font
    say("no font with Chinese signs is installed (Noto Sans CJK is one): labels are drawn as numbers")
    return [str(number) for number in range(1, len(labels) + 1)], None


def _draw_confusion(axes: Any, result: Evaluation, named: tuple[list[str], str | None]) -> None:
    labels, font = named
    counts = result.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(labels))
    style: dict[str, Any] = {} if font is None else {"fontfamily": font}
    if len(labels) > MANY:
        style["fontsize"] = "xx-small"
    turned = 0 if max(map(len, labels)) <= 4 else 45 if len(labels) <= MANY else 90
    ends: dict[str, Any] = {"ha": "right", "rotation_mode": "anchor"} if turned else {}
    if len(labels) <= NAMED:
        axes.set_xticks(places, labels, rotation=turned, parse_math=False, **ends, **style)
        axes.set_yticks(places, labels, parse_math=False, **style)
    axes.set(xlabel="answer", ylabel="true label", title=f"accuracy {result.accuracy:.4f} of {result.texts}")
    for row in places if len(labels) <= MANY else ():
        for column in places:
            dark = shares[row, column] > 0.55
            axes.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                color="white" if dark else "black",
            )


def _draw_reliability(axes: Any, result: Evaluation) -> None:
    rows = result.reliability()
    said, right = ([row[name] for row in rows] for name in ("probability", "accuracy"))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, label="as sure as right")
    sizes = [20 + 180 * row["texts"] / result.texts for row in rows]
    axes.plot(said, right, color="tab:blue", linewidth=1.2)
    axes.scatter(
        said, right, s=sizes, color="tab:blue", label="answers, by their probability", zorder=3, clip_on=False
    )
    low = max(min([*said, *right, 1 / len(result.labels)]) - 0.05, 0)
    axes.set(
        xlim=(low, 1.02),
        ylim=(low, 1.02),
        xlabel="probability said",
        ylabel="share right",
        title=f"calibration error {result.calibration_error():.3f}",
    )
    axes.grid(visible=True, alpha=0.25)
    axes.legend(loc="best", fontsize="small")
