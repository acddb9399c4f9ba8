"""What is asked of an n-gram estimation beside the settings of its model."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from textkit.scratch import IN_MEMORY, Scratch


@dataclass(frozen=True)
class NgramOptions:
    """Where an estimation's counts come from, where its results go, what it may take.

    `counts`: files of counts to take instead of a text; `write_counts`: a file for the counts; `arpa`: a
    file for the model as ARPA text. `memory` in bytes, None for as much as there is, the rest being kept
    in files of the folder `tmp`: sorting and merging keep to it, and the tables lie in mapped files, whose
    pages the system takes back when it needs them. `jobs` threads; None for one a core.
    """

    counts: tuple[Path, ...] = ()
    write_counts: Path | None = None
    arpa: Path | None = None
    memory: int | None = None
    tmp: Path | None = None
    jobs: int | None = None

    def scratch(self) -> Scratch:
        """Where large arrays go."""
        return IN_MEMORY if self.memory is None else Scratch(self.tmp or Path(tempfile.gettempdir()))
