"""Translations as `textkit translate` writes them: lines, n-best lists, columns beside what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textkit.errors import UsageError
from textkit_cli.answers import Answer

if TYPE_CHECKING:
    from textkit.tasks.translation.translating import Translation

DIGITS = 6  # of a score as text


@dataclass(frozen=True)
class Shown:
    """What is written of translations: the `n_best` of each, and with `alignments` which token is whose."""

    form: str
    n_best: int
    alignments: bool

    def __post_init__(self) -> None:
        if self.n_best > 1 and self.form not in ("text", "jsonl"):
            raise UsageError(f"{self.form} has one translation a record: for --n-best write text or jsonl")

    def added(self) -> dict[str, type]:
        """The columns that come on, and whether they are texts or numbers."""
        added: dict[str, type] = {"translation": str}
        if self.form == "jsonl":
            added |= {"log_prob": float, "score": float}
            if self.n_best > 1:
                added["translations"] = list
        if self.alignments:
            added["alignment"] = str
            if self.form == "jsonl":
                added |= {"source_tokens": list, "tokens": list}
        return added

    def answer(self, translations: Sequence[Translation]) -> Answer:
        """The values of these columns for one record."""
        best = translations[0]
        values: list[Any] = [best.text]
        if self.form == "jsonl":
            values += [round(best.log_prob, DIGITS), round(best.score, DIGITS)]
            if self.n_best > 1:
                values.append([self._plain(each) for each in translations])
        if self.alignments:
            values.append(_pharaoh(best))
            if self.form == "jsonl":
                values += [list(best.source_tokens), list(best.tokens)]
        return tuple(values)

    def _plain(self, translation: Translation) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "text": translation.text,
            "log_prob": round(translation.log_prob, DIGITS),
            "score": round(translation.score, DIGITS),
        }
        if self.alignments:
            plain |= {"alignment": _pharaoh(translation), "tokens": list(translation.tokens)}
        return plain

    def lines(self, number: int, translations: Sequence[Translation]) -> str:
        """Those of line `number` (from 1) as text: the best, or a line each with number, rank and score."""
        written = []
        for rank, each in enumerate(translations, 1):
            cells = [each.text]
            if self.n_best > 1:
                cells = [str(number), str(rank), f"{each.score:.{DIGITS}f}", each.text]
            if self.alignments:
                cells.append(_pharaoh(each))
            written.append("\t".join(cells) + "\n")
        return "".join(written)


def _pharaoh(translation: Translation) -> str:
    from textkit.tasks.translation.alignment import pharaoh

    return pharaoh(translation.alignment)
