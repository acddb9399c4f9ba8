"""The words of a text in colours: green for what speaks for an answer, red for what speaks against it."""

from __future__ import annotations

from textkit.explain.attribution import Attribution
from textkit.tasks.report.markup import EMPTY, Html, data, tag

_TOP = 5  # words named for an answer, and as many against it


def explained(attribution: Attribution) -> Html:
    """The text, and the words that count most with what they count, as `textkit explain` has them."""
    largest = attribution.largest or 1.0
    text = (_piece(piece, score, largest) for piece, score in attribution.pieces())
    against = "" if attribution.rival is None else f" against {attribution.rival}"
    head = data(f"{attribution.target}{against}: {attribution.value:+.3f} by {attribution.method}. ")
    ranked = ", ".join(f"{word.text} {word.score:+.3f}" for word in attribution.ranked(_TOP))
    return Html(tag("p", *text, class_="text") + tag("p", head, data(ranked), class_="soft"))


def _piece(piece: str, score: float | None, largest: float) -> Html:
    if not piece:
        return EMPTY
    if score is None:
        return data(piece)
    colour = "green" if score > 0 else "red"
    strength = 0.7 * min(abs(score) / largest, 1.0)
    return tag(
        "span", data(piece), style=f"background:rgba(var(--{colour}),{strength:.2f})", title=f"{score:+.4f}"
    )
