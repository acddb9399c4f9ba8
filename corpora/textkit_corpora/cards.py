"""Cards: what a corpus is, how it was made, its licence, and the sha256 of each of its files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textkit.errors import CheckpointError

_TEXTS = ("name", "title", "description", "made", "task", "licence", "columns", "format", "limits")


@dataclass(frozen=True)
class Split:
    """One file of a corpus: its name in the corpus's folder, its number of lines and bytes, its sha256."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Card:
    """What is to be known of a corpus before using it."""

    name: str
    title: str
    description: str
    made: str
    languages: tuple[str, ...]
    task: str
    licence: str
    columns: str
    format: str
    limits: str
    splits: Mapping[str, Split]


def read_card(text: str, *, where: str) -> Card:
    """The card written in a card.toml; `where` names the file for messages.

    Raises CheckpointError for one that is not a card.
    """
    try:
        fields = tomllib.loads(text)
        texts = {key: _text(fields[key], key) for key in _TEXTS}
        languages = tuple(_text(item, "languages") for item in fields["languages"])
        splits = {name: Split(**_split(table, name)) for name, table in fields["splits"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{where}: not a corpus card ({error}); reinstall textkit-nlp") from error
    return Card(languages=languages, splits=splits, **texts)


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"'{key}' must be text")
    return value


def _split(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    kinds = {"file": str, "rows": int, "bytes": int, "sha256": str}
    if set(table) != set(kinds) or any(not isinstance(table[key], kind) for key, kind in kinds.items()):
        raise TypeError(f"split '{name}' must have file, rows, bytes and sha256")
    return dict(table)
