"""Pairs on disk: read once from wherever they come, then as often as they are wanted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from textkit.errors import TextkitError, reason_of
from textkit.text.pairs import Pair


@dataclass(frozen=True)
class StoredPairs:
    """A file of JSON lines, an array of source and target in each; memory is needed for one pair.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "pairs")
    >>> pairs = StoredPairs.write([Pair("un", "one"), Pair("deux", "two")], path)
    >>> len(pairs), list(pairs.targets())
    (2, ['one', 'two'])
    """

    path: Path
    count: int

    @staticmethod
    def write(pairs: Iterable[Pair], path: Path) -> StoredPairs:
        """Store `pairs` in a new file; raises TextkitError when it cannot be written."""
        count = 0
        try:
            with path.open("w", encoding="ascii") as file:
                for count, pair in enumerate(pairs, 1):  # noqa: B007
                    file.write(json.dumps(pair) + "\n")
        except OSError as error:
            reason = reason_of(error)
            raise TextkitError(f"{path.parent}: the pairs cannot be kept there: {reason}") from error
        return StoredPairs(path, count)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Pair]:
        with self.path.open(encoding="ascii") as file:
            for line in file:
                yield Pair(*json.loads(line))

    def sources(self) -> Iterator[str]:
        """The sources, in order."""
        return (pair.source for pair in self)

    def targets(self) -> Iterator[str]:
        """Their targets."""
        return (pair.target for pair in self)

    def parted(self, chosen: Callable[[int], bool], path: Path) -> tuple[StoredPairs, list[Pair]]:
        """The pairs whose place, from 0, is not `chosen`, in a new file; and those whose is."""
        taken: list[Pair] = []

        def others() -> Iterator[Pair]:
            for place, pair in enumerate(self):
                if chosen(place):
                    taken.append(pair)
                else:
                    yield pair

        return StoredPairs.write(others(), path), taken
