"""Attributions as one self-contained page: no scripts, nothing fetched, all text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textkit.explain.attribution import Attribution

STYLE = """
body { font-family: sans-serif; max-width: 48em; margin: 2em auto; padding: 0 1em;
  line-height: 1.7; color: #222 }
p.text { font-size: 1.15em; white-space: pre-wrap; overflow-wrap: anywhere }
p.text span { padding: 0.1em 0; border-radius: 0.15em }
table { border-collapse: collapse; margin: 0.5em 0 2em } td, th { padding: 0.1em 0.8em; text-align: left }
td.number { text-align: right; font-variant-numeric: tabular-nums }
""".strip()


def page(attributions: Sequence[Attribution], *, title: str, top: int = 10) -> str:
    """The attributions below each other, each with the `top` words for the answer and against it."""
    parts = "\n".join(_section(each, top) for each in attributions)
    return (
        '<!DOCTYPE html>\n<html lang="und">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{parts}\n</body>\n</html>\n"
    )


def _section(attribution: Attribution, top: int) -> str:
    largest = attribution.largest or 1.0
    words = "".join(_word(piece, score, largest) for piece, score in attribution.pieces())
    against = "" if attribution.rival is None else f" against {escape(attribution.rival)}"
    rest = "" if attribution.rest is None else f"; without words {attribution.rest:+.3f}"
    rows = "\n".join(
        f'<tr><td>{escape(word.text)}</td><td class="number">{word.score:+.3f}</td></tr>'
        for word in attribution.ranked(top)
    )
    return (
        f"<h2>{escape(attribution.target)}{against}: {attribution.value:+.3f}</h2>\n"
        f'<p class="text">{words}</p>\n'
        f"<p>{escape(attribution.method)}{rest}. Green speaks for {escape(attribution.target)}, "
        f"red against it.</p>\n<table>\n<tr><th>word</th><th>counts</th></tr>\n{rows}\n</table>"
    )


def _word(piece: str, score: float | None, largest: float) -> str:
    if score is None:
        return escape(piece)
    hue = "46, 160, 67" if score > 0 else "218, 54, 51"
    colour = f"rgba({hue}, {0.85 * abs(score) / largest:.2f})"
    return f'<span style="background: {colour}" title="{score:+.4f}">{escape(piece)}</span>'
