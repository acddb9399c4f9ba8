"""What a generated corpus is: its lines, and what its card says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """A corpus that can be made again: `generate` gives the lines of each split, the same every time.

    `suffix` names the files (".txt", ".tsv" or ".jsonl"); the other fields are prose for the card.
    """

    name: str
    title: str
    description: str
    made: str
    languages: tuple[str, ...]
    task: str
    columns: str
    limits: str
    suffix: str
    generate: Callable[[], Mapping[str, list[str]]]
