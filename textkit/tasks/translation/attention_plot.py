"""Where a translator looked, as a picture: a heat map of source tokens by target tokens."""

from __future__ import annotations

from pathlib import Path

from textkit import atomic
from textkit.errors import UsageError
from textkit.explain.fonts import chinese_font, drawable, families
from textkit.explain.terminal import printable
from textkit.tasks.translation.translating import Translation

MOST = 60  # tokens of a side that are drawn
_CELL = 0.26  # inches
_LONGEST = 16  # characters of a token


def draw_attention(translation: Translation, path: Path | str) -> None:
    """Write a PNG: a row for each target token, a column for each source token and the end, dark where it
    looked. Of long sentences the first MOST tokens of each side.

    Raises UsageError for a translation without attention, TextkitError when the file cannot be written.
    """
    if translation.attention is None:
        raise UsageError("the translation has no attention: ask for it in the decoding")
    font = chinese_font()
    from matplotlib import rc_context
    from matplotlib.figure import Figure  # not pyplot: no global state, no display

    columns = _labels((*translation.source_tokens, "</s>"), font)
    rows = _labels(translation.tokens, font)
    size = (max(3.0, 1.6 + _CELL * len(columns)), max(2.0, 1.4 + _CELL * len(rows)))
    with rc_context({"font.family": families(font), "axes.unicode_minus": False}):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        if rows:
            weights = translation.attention[: len(rows), : len(columns)]
            axes.imshow(weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(columns)), columns, rotation=90, parse_math=False)
        axes.set_yticks(range(len(rows)), rows, parse_math=False)
        axes.xaxis.tick_top()
        with atomic.writing(path) as temporary:
            figure.savefig(temporary, format="png", dpi=110)


def _labels(tokens: tuple[str, ...], font: str | None) -> list[str]:
    return [drawable(printable(token)[:_LONGEST], font) for token in tokens[:MOST]]
