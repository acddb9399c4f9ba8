"""Labelled texts as commands take them: their options, and reading them with their places."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from textkit.errors import InputError, UsageError, visible
from textkit_cli import options
from textkit_corpora.compression import is_standard
from textkit_corpora.labelled import read_labelled, read_texts
from textkit_corpora.tables import kind_of

if TYPE_CHECKING:
    from textkit.tasks.classification import LabelledTexts

FEW = 20  # texts, from which a label that only the first one has is remarkable

TextColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Column or field that holds the text; of a table without a header its number.  "
        "[default: text; of a TSV without a header the second]",
        show_default=False,
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Column or field that holds the label; of a table without a header its number.  "
        "[default: label; of a TSV without a header the first]",
        show_default=False,
    ),
]


def read_labelled_texts(
    file: str,
    *,
    text_column: str | None,
    label_column: str | None,
    errors: str,
    labels: tuple[str, ...] | None = None,
) -> tuple[LabelledTexts, list[str]]:
    """The labelled texts of a file, and each one's place; `labels` are those of training, if not those found.

    Raises InputError, with the place, for a label that training did not have.
    """
    from textkit.tasks.classification import LabelledTexts

    pairs, places = [], []
    asked = None if labels is None else frozenset(labels)
    for text, label, where in read_labelled(
        file, text_column=text_column, label_column=label_column, errors=errors
    ):
        if labels is not None and asked is not None and label not in asked:
            known = ", ".join(labels[:10]) + (", ..." if len(labels) > 10 else "")
            raise InputError(f"{where}: unknown label '{label}'; the training texts had: {known}")
        pairs.append((text, label))
        places.append(where)
    return LabelledTexts.of(pairs, labels=labels), places


class LabelledFiles(NamedTuple):
    """The files that a classifier learns from and is measured on, all read in the same way."""

    train: str
    dev: str | None
    test: str | None
    unlabelled: str | None
    text_column: str | None
    label_column: str | None
    errors: str

    def check(self, output: str | None) -> None:
        """Raise UsageError where standard input is named twice, or `output` would replace a file."""
        files = [each for each in (self.train, self.dev, self.test, self.unlabelled) if each]
        if sum(map(is_standard, files)) > 1:
            raise UsageError("standard input can be read once only; name files for the others")
        options.keep_apart({"--output": output}, files)

    def read(
        self, *, say: Callable[[str], None]
    ) -> tuple[LabelledTexts, dict[str, LabelledTexts], tuple[str, ...]]:
        """The training texts; "dev" and "test", with the labels of these; and the unlabelled texts.

        `say` is told when the first record looks as if it were a header.
        """
        texts = self._labelled(self.train, None)
        if len(texts) >= FEW and (texts.classes == texts.classes[0]).sum() == 1:
            say(
                f"the first record of {self.train} alone has the label "
                f"'{visible(texts.labels[texts.classes[0]])}': if it is a header, start again and name its "
                "columns by --text-column and --label-column"
            )
        parts = {"dev": self.dev, "test": self.test}
        held_out = {name: self._labelled(file, texts.labels) for name, file in parts.items() if file}
        return texts, held_out, self._unlabelled()

    def _labelled(self, file: str, labels: tuple[str, ...] | None) -> LabelledTexts:
        return read_labelled_texts(
            file,
            text_column=self.text_column,
            label_column=self.label_column,
            errors=self.errors,
            labels=labels,
        )[0]

    def _unlabelled(self) -> tuple[str, ...]:
        """Plain text has no columns, though the training texts may have."""
        if self.unlabelled is None:
            return ()
        column = None if kind_of(self.unlabelled) == "text" else self.text_column
        return tuple(read_texts(self.unlabelled, text_column=column, errors=self.errors))
