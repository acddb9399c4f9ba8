"""Pairs through filters, with a count of what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from textkit.text.pairs.pair import Pair, PairFilter

_PLACES = 3  # of pairs left out, told for each reason


class TwoTexts(Protocol):
    """A source and its target; `where`, if there is one, tells their place (file:line)."""

    @property
    def source(self) -> str:
        """The text."""
        ...

    @property
    def target(self) -> str:
        """Its translation."""
        ...


@dataclass
class PairReport:
    """How many pairs were `read` and `kept`, and how many `dropped`, by reason, with the first `places`."""

    read: int = 0
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def note(self, reason: str, where: str) -> None:
        """Count a pair that was left out."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1
        places = self.places.setdefault(reason, [])
        if len(places) < _PLACES:
            places.append(where)

    def lines(self) -> list[str]:
        """What is to be told: a line a reason, the most frequent first; none if all pairs were kept.

        >>> report = PairReport(read=9, kept=8)
        >>> report.note("a side is empty", "f.tsv:4")
        >>> report.lines()
        ['left out 1 of 9 pairs: a side is empty (f.tsv:4)']
        """
        found = []
        for reason, count in sorted(self.dropped.items(), key=lambda item: -item[1]):
            places = ", ".join(self.places[reason]) + (", ..." if count > _PLACES else "")
            found.append(f"left out {count:,} of {self.read:,} pairs: {reason} ({places})")
        return found


def clean_pairs(
    pairs: Iterable[TwoTexts], filters: Sequence[PairFilter], report: PairReport
) -> Iterator[Pair]:
    """The pairs that no filter leaves out, in order, one at a time; `report` is kept up to date.

    A pair is asked about until the first filter leaves it out: that one's reason counts. Pairs without a
    place are told by their number, from 1.

    >>> from textkit.text.pairs.filters import Duplicates, EmptySide
    >>> report = PairReport()
    >>> pairs = [Pair("un", "one"), Pair("deux", ""), Pair("un", "one")]
    >>> list(clean_pairs(pairs, [EmptySide(), Duplicates()], report))
    [Pair(source='un', target='one')]
    >>> report.dropped
    {'a side is empty': 1, 'the pair came before': 1}
    """
    tests = [(each.reason, each.test()) for each in filters]
    for pair in pairs:
        report.read += 1
        source, target = pair.source, pair.target
        for reason, unfit in tests:
            if unfit(source, target):
                report.note(reason, getattr(pair, "where", f"pair {report.read}"))
                break
        else:
            report.kept += 1
            yield Pair(source, target)
