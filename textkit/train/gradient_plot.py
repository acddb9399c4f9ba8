"""A picture of gradient norms over the steps of a window."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from textkit import atomic


def draw_gradient_norms(norms: Mapping[str, Sequence[float]], path: Path) -> None:
    """One curve a name, on a logarithmic axis, as a PNG; `norms` as `gradient_norms` gives them.

    The last step of each stands at 0, earlier ones to the left. A norm of zero leaves a gap.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home it cannot write to
    from matplotlib.figure import Figure  # not pyplot: no global state, no display

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for name, values in norms.items():
        points = [(step - len(values) + 1, float(value)) for step, value in enumerate(values)]
        axes.plot(*zip(*points, strict=True), label=name, linewidth=1.4)
    axes.set(xlabel="steps before the loss", ylabel="norm of the gradient", yscale="log")
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend()
    with atomic.writing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)
