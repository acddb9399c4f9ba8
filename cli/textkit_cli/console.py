"""What commands say to people: messages on standard error, small tables of scores."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from textkit.errors import printable
from textkit_cli.columns import aligned

if TYPE_CHECKING:
    from textkit.lm.score import Score

COLUMNS: dict[str, Callable[[Score], str]] = {
    "perplexity": lambda s: _short(s.perplexity),
    "of known": lambda s: _short(s.perplexity_known),
    "bits/char": lambda s: f"{s.bits_per_character:.4f}",
    "bits/byte": lambda s: f"{s.bits_per_byte:.4f}",
    "tokens": lambda s: str(s.tokens),
    "unknown": lambda s: f"{s.unknown} ({s.unknown_rate:.1%})",
}


def _short(number: float) -> str:
    return f"{number:.2f}" if number < 1e6 else f"{number:.3g}"


def say(message: str, *, quiet: bool = False) -> None:
    """One line on standard error, unless `quiet`."""
    if not quiet and sys.stderr is not None:
        print(f"textkit: {printable(message)}", file=sys.stderr)  # noqa: T201


def warn_of_impossible(scores: Mapping[str, Score], *, quiet: bool) -> None:
    """Explain an infinite perplexity."""
    for name, score in scores.items():
        if score.impossible:
            where = f" of {name}" if name else ""
            say(
                f"perplexity{where} is infinite: {score.impossible} tokens have probability zero", quiet=quiet
            )


def table(scores: Iterable[tuple[str, Score]]) -> str:
    """Scores with their names as aligned columns, without a line end.

    >>> from textkit.lm.score import Score
    >>> print(table([("test", Score(-6.0, -4.0, 4, 1, 1, 12, 12, 16.0))]))
          perplexity  of known  bits/char  bits/byte  tokens    unknown
    test        4.48      3.79     2.0547     2.0547       4  1 (33.3%)
    """
    rows = ([name, *(show(score) for show in COLUMNS.values())] for name, score in scores)
    return aligned([["", *COLUMNS], *rows])
