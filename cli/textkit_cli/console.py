"""What commands say to people: messages on standard error, small tables of scores."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textkit.lm.score import Score

COLUMNS: dict[str, Callable[[Score], str]] = {
    "perplexity": lambda s: f"{s.perplexity:.2f}",
    "of known": lambda s: f"{s.perplexity_known:.2f}",
    "bits/char": lambda s: f"{s.bits_per_character:.4f}",
    "bits/byte": lambda s: f"{s.bits_per_byte:.4f}",
    "tokens": lambda s: str(s.tokens),
    "unknown": lambda s: f"{s.unknown} ({s.unknown_rate:.1%})",
}


def say(message: str, *, quiet: bool = False) -> None:
    """One line on standard error, unless `quiet`."""
    if not quiet and sys.stderr is not None:
        print(f"textkit: {message}", file=sys.stderr)  # noqa: T201


def table(scores: Mapping[str, Score]) -> str:
    """Scores by name as aligned columns, without a line end.

    >>> from textkit.lm.score import Score
    >>> print(table({"test": Score(-6.0, -4.0, 4, 1, 1, 12, 12, 16.0)}))
          perplexity  of known  bits/char  bits/byte  tokens    unknown
    test        4.48      3.79     2.0547     2.0547       4  1 (33.3%)
    """
    rows = [["", *COLUMNS], *([name, *(show(s) for show in COLUMNS.values())] for name, s in scores.items())]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )
