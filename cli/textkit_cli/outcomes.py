"""What chapters reached beside what was expected of them, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textkit_cli.columns import aligned

if TYPE_CHECKING:
    from textkit.tasks.chapters.running import Outcome


@dataclass(frozen=True)
class Missed:
    """A chapter that gave nothing: `skipped` for want of data, or failed."""

    name: str
    reason: str
    skipped: bool = False

    def as_dict(self) -> dict[str, str]:
        """Its name, and why it was skipped or failed."""
        return {"chapter": self.name, "skipped" if self.skipped else "failed": self.reason}


def outcome_table(ran: Sequence[Outcome | Missed]) -> str:
    """A row a fact; where there are several chapters, below a row that names theirs. No line end.

    >>> from textkit.tasks.chapters import Card, Fact
    >>> from textkit.tasks.chapters.running import Outcome
    >>> facts = Fact("weight", 2.0, tolerance=0.001), Fact("error", 0.1, "<=")
    >>> card = Card("A line", "直线", "It is found.", facts, source="made up", seconds=1)
    >>> line = Outcome("line", card, seed=1, reached={"weight": 2.0004, "error": 0.1000001}, seconds=0.1)
    >>> print(outcome_table([line, Missed("digits", "it needs images", skipped=True)]))
               expected    reached    holds
    line
      weight  2 ± 0.001     2.0004      yes
      error      <= 0.1  0.1000001       NO
    digits                          skipped
    >>> print(fault_of(line))
    the claim of line does not hold: error (expected <= 0.1, reached 0.1000001)
    """
    rows = [["", "expected", "reached", "holds"]]
    for each in ran:
        if isinstance(each, Missed):
            rows.append([each.name, "", "", "skipped" if each.skipped else "failed"])
            continue
        if len(ran) > 1:
            rows.append([each.name, "", "", ""])
        indent = "  " if len(ran) > 1 else ""
        for fact, reached, holds in each.rows:
            shown = _short(reached) if holds else _long(reached)
            rows.append([indent + fact.name, fact.text, shown, "yes" if holds else "NO"])
    return aligned(rows)


def summary(ran: Sequence[Outcome | Missed]) -> str:
    """How many hold, how long it took, and what was skipped, in a line.

    >>> summary([Missed("digits", "it needs images", skipped=True), Missed("xor", "no memory")])
    '0 of 1 chapters hold, 0 s; skipped for want of data: digits'
    """
    outcomes = [each for each in ran if not isinstance(each, Missed)]
    held = sum(not each.failed for each in outcomes)
    skipped = [each.name for each in ran if isinstance(each, Missed) and each.skipped]
    left_out = f"; skipped for want of data: {', '.join(skipped)}" if skipped else ""
    seconds = sum(each.seconds for each in outcomes)
    return f"{held} of {len(ran) - len(skipped)} chapters hold, {seconds:.0f} s{left_out}"


def fault_of(ran: Outcome | Missed) -> str:
    """Why a chapter's claim does not stand, in a line; empty where it does, or where it was skipped.

    >>> fault_of(Missed("xor", "no memory")), fault_of(Missed("digits", "it needs images", skipped=True))
    ('xor failed: no memory', '')
    """
    if isinstance(ran, Missed):
        return "" if ran.skipped else f"{ran.name} failed: {ran.reason}"
    wrong = [
        f"{fact.name} (expected {fact.text}, reached {_long(reached)})"
        for fact, reached, holds in ran.rows
        if not holds
    ]
    return f"the claim of {ran.name} does not hold: {', '.join(wrong)}" if wrong else ""


def _short(figure: float) -> str:
    return f"{figure:.5g}"


def _long(figure: float) -> str:
    """With more digits: rounding must not make it look as if it held."""
    return f"{figure:.9g}"
