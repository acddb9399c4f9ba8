"""The sample corpora that come with the package: generated for it, each with a card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from textkit.errors import CheckpointError, InputError, UsageError, unknown_name
from textkit_corpora.cards import Card, Split, read_card
from textkit_corpora.decoding import decoded_lines

if TYPE_CHECKING:
    from textkit.data.table import Table

CARD = "card.toml"


@dataclass(frozen=True)
class Corpus:
    """A corpus in a folder, described by its card.

    >>> corpus = load("prose-en")
    >>> corpus.card.languages, sorted(corpus.splits)
    (('en',), ['test', 'train', 'valid'])
    """

    folder: Path
    card: Card

    @property
    def name(self) -> str:
        """The name that `load` takes."""
        return self.card.name

    @property
    def splits(self) -> Mapping[str, Split]:
        """The splits by name, in the order of the card: train first."""
        return self.card.splits

    def path(self, split: str) -> Path:
        """The file of a split. Raises UsageError for a split that the corpus does not have."""
        if split not in self.splits:
            raise unknown_name(f"split of {self.name}", split, self.splits)
        return self.folder / self.splits[split].file

    def lines(self, split: str) -> Iterator[str]:
        """The lines of a split as they stand in its file, be they text, columns or JSON."""
        return (line for _, line in decoded_lines(self.path(split), errors="strict"))

    def rows(self, split: str) -> Iterator[tuple[str, ...]]:
        """The columns of each line: one for plain text, the tab-separated ones for .tsv.

        Raises UsageError for a corpus in JSON lines, whose rows are `records`, and for numbers in a `table`.
        """
        path = self.path(split)
        if path.suffix == ".csv":
            raise UsageError(f"{self.name}: its lines are rows of numbers; use table('{split}')")
        if path.suffix == ".jsonl":
            raise UsageError(f"{self.name}: its lines are JSON objects, not columns; use records('{split}')")
        tabs = path.suffix == ".tsv"
        return (tuple(line.split("\t")) if tabs else (line,) for line in self.lines(split))

    def records(self, split: str) -> Iterator[dict[str, object]]:
        """The JSON object on each line of a corpus in JSON lines.

        Raises UsageError for any other corpus, InputError for a line that is not an object.
        """
        path = self.path(split)
        if path.suffix != ".jsonl":
            raise UsageError(f"{self.name}: its lines are columns, not JSON objects; use rows('{split}')")
        return (
            _record(line, where=f"{path}:{number}") for number, line in enumerate(self.lines(split), start=1)
        )

    def table(self, split: str | None = None) -> Table:
        """The numbers of a split of a corpus in .csv; of all splits, one below the other, for None.

        Raises UsageError for any other corpus.
        """
        import numpy as np

        from textkit.data.table import Table
        from textkit_corpora.numeric_tables import read_table

        names = list(self.splits) if split is None else [split]
        for path in map(self.path, names):
            if path.suffix != ".csv":
                raise UsageError(f"{self.name}: its lines are no table of numbers; see its card")
        tables = [read_table(self.path(name)) for name in names]
        return Table({name: np.concatenate([table[name] for table in tables]) for name in tables[0].columns})

    def verify(self) -> None:
        """Compare every file with the card.

        Raises InputError for a file that is missing, CheckpointError for one that was changed.
        """
        for name, split in self.splits.items():
            path = self.path(name)
            try:
                data = path.read_bytes()
            except OSError as error:
                raise InputError(
                    f"{path}: cannot be read ({error.strerror}); reinstall textkit-nlp"
                ) from error
            found = hashlib.sha256(data).hexdigest()
            if found != split.sha256:
                expected = f"the card says {split.sha256[:12]}..."
                raise CheckpointError(f"{path}: sha256 is {found[:12]}..., {expected}; reinstall textkit-nlp")


def _record(line: str, *, where: str) -> dict[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error}); reinstall textkit-nlp") from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: a {type(value).__name__}, not a JSON object; reinstall textkit-nlp")
    return value


def data_folder() -> Path:
    """Where the corpora lie. Raises InputError when the package was not unpacked to a disk."""
    folder = resources.files("textkit_corpora").joinpath("data")
    if not isinstance(folder, Path):
        raise InputError(
            "the sample corpora lie inside an archive; install textkit-nlp unpacked to read them"
        )
    return folder


def available() -> list[str]:
    """The names of the corpora that come with the package, in alphabetical order.

    >>> "prose-zh" in available()
    True
    """
    return sorted(path.parent.name for path in data_folder().glob(f"*/{CARD}"))


def load(name: str) -> Corpus:
    """A corpus by its name. Raises UsageError, with the nearest name, when there is none of that name."""
    if name not in available():
        raise unknown_name("corpus", name, available())
    return open_corpus(data_folder() / name)


def open_corpus(folder: Path | str) -> Corpus:
    """The corpus in a folder that holds a card.toml.

    Raises InputError when there is no card, CheckpointError when it is damaged.
    """
    path = Path(folder) / CARD
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); name a folder that holds a {CARD}") from error
    return Corpus(Path(folder), read_card(text, where=str(path)))
