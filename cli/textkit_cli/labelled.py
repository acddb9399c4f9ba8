"""Labelled texts as commands take them: their options, and reading them with their places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import InputError
from textkit_corpora.labelled import read_labelled

if TYPE_CHECKING:
    from textkit.tasks.classification import LabelledTexts

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
