"""Running a chapter: what it reached beside what its card expects, the same at every run."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from textkit.tasks.chapters import load_chapter
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study


@dataclass(frozen=True)
class Outcome:
    """What a chapter reached by the names of its card's facts, and how long that took.

    `notes` is what it said besides, `pictures` the files that it drew.
    """

    name: str
    card: Card
    seed: int
    reached: Mapping[str, float]
    seconds: float
    notes: tuple[str, ...] = ()
    pictures: tuple[Path, ...] = ()

    @property
    def rows(self) -> list[tuple[Fact, float, bool]]:
        """Each fact of the card, what was reached, and whether it holds."""
        return [
            (fact, self.reached[fact.name], fact.holds(self.reached[fact.name])) for fact in self.card.facts
        ]

    @property
    def failed(self) -> list[Fact]:
        """The facts that do not hold."""
        return [fact for fact, _, holds in self.rows if not holds]

    def as_dict(self) -> dict[str, Any]:
        """All of it as values that JSON has; what is no finite number becomes None."""
        return {
            "chapter": self.name,
            "title": self.card.title,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "holds": not self.failed,
            "facts": [
                {
                    "name": fact.name,
                    "relation": fact.relation,
                    "expected": fact.expected,
                    "tolerance": fact.tolerance,
                    "reached": reached if math.isfinite(reached) else None,
                    "holds": holds,
                }
                for fact, reached, holds in self.rows
            ],
            "notes": list(self.notes),
            "pictures": list(map(str, self.pictures)),
        }


def run_chapter(name: str, study: Study) -> Outcome:
    """Run the chapter of that name on what `study` gives it.

    It runs on one thread and with torch's generator seeded by the study's seed, so that the same study gives
    the same numbers; both are afterwards as they were before.

    Raises UsageError for an unknown name, or where the chapter needs data and the study has none; whatever
    the chapter raises; RuntimeError when it does not give just the facts of its card.
    """
    chapter = load_chapter(name)
    begin = time.perf_counter()
    with _repeatable(study.seed):
        reached = {fact: float(value) for fact, value in chapter.run(study).items()}
    seconds = time.perf_counter() - begin
    expected = [fact.name for fact in chapter.CARD.facts]
    if sorted(reached) != sorted(expected):
        raise RuntimeError(f"chapter {name} gives {sorted(reached)}, where its card has {sorted(expected)}")
    return Outcome(
        name, chapter.CARD, study.seed, reached, seconds, tuple(study.notes), tuple(study.pictures)
    )


@contextlib.contextmanager
def _repeatable(seed: int) -> Iterator[None]:
    # Sums over several threads are added up in another order on another machine.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
