"""`textkit corpora`: the sample corpora that come with textkit."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Annotated

import typer

from textkit_corpora.writers import open_output

WIDTH = 80

command = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="List, describe and locate the sample corpora. They were written for textkit, and come with it.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A corpus that `list` names.")]


@command.command("list")
def list_corpora() -> None:
    """One line for each corpus: name, languages, task, lines."""
    from textkit_corpora import available, load

    rows = [("NAME", "LANGUAGES", "TASK", "LINES")]
    for name in available():
        corpus = load(name)
        lines = sum(split.rows for split in corpus.splits.values())
        rows.append((name, ",".join(corpus.card.languages), corpus.card.task, f"{lines:,}"))
    _print(_columns(rows))


@command.command("show")
def show(name: Name) -> None:
    """The card of a corpus: what, how made, licence, limits, splits."""
    from textkit_corpora import load

    corpus = load(name)
    card = corpus.card
    about = {
        "name": card.name,
        "title": card.title,
        "languages": ", ".join(card.languages),
        "task": card.task,
        "what": card.description,
        "made": card.made,
        "limits": card.limits,
        "columns": card.columns,
        "format": card.format,
        "licence": card.licence,
        "folder": str(corpus.folder),
    }
    rows = [("SPLIT", "LINES", "BYTES", "SHA256")]
    rows += [(key, f"{s.rows:,}", f"{s.bytes:,}", s.sha256) for key, s in corpus.splits.items()]
    _print([line for key, value in about.items() for line in _wrapped(key, value)] + ["", *_columns(rows)])


@command.command("path")
def path(
    name: Name,
    split: Annotated[
        str | None, typer.Argument(metavar="SPLIT", help="A split, such as train.", show_default=False)
    ] = None,
) -> None:
    """Where a corpus lies: its folder, or the file of a SPLIT.

    For instance: textkit tokenize $(textkit corpora path prose-en test)
    """
    from textkit_corpora import load

    corpus = load(name)
    _print([str(corpus.folder if split is None else corpus.path(split))])


def _wrapped(key: str, value: str) -> list[str]:
    """A line `key  value`, the value wrapped; the longest key is `languages`."""
    indent = " " * 11
    if key == "folder":
        return [f"{key:<11}{value}"]
    return textwrap.wrap(f"{key:<11}{' '.join(value.split())}", WIDTH, subsequent_indent=indent)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _print(lines: Sequence[str]) -> None:
    with open_output(None) as file:
        file.writelines(f"{line}\n" for line in lines)
