"""How much a report shows."""

from __future__ import annotations

from dataclasses import dataclass

from textkit.errors import UsageError

MOST = 100  # examples of a kind: a page, not a corpus


@dataclass(frozen=True)
class Wanted:
    """`samples` examples of each kind; `seed` draws those that are drawn. Raises UsageError for others."""

    samples: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.samples <= MOST:
            raise UsageError(f"a report shows 0 to {MOST} samples of a kind, not {self.samples}")
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"the seed must be 0 or more, not {self.seed}")
