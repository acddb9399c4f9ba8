"""`textkit audit`: what would make a number reported on labelled texts false."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textkit.errors import UsageError, visible
from textkit_cli import options
from textkit_cli.auditing import read_audited
from textkit_cli.columns import aligned
from textkit_cli.labelled import LabelColumn, TextColumn
from textkit_corpora.compression import check_file
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.tasks.classification.audit import Audit

WIDTH = 100  # of what is said about a finding


def command(
    files: Annotated[
        list[str], typer.Argument(metavar="FILES", help="The parts of a corpus: train, dev, test.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with status 1 when something makes a number false.")
    ] = False,
    examples: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show up to N places of each finding.")
    ] = 3,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    output: options.Output = None,
) -> None:
    """Look for what would make a number reported on labelled texts false.

    In each file: copies, near copies (equal but for punctuation, blanks, case, width), texts with more
    than one label, lopsided, rare and sorted labels, labels that stand in their texts or are told by
    their length, empty and damaged texts, another encoding than UTF-8, records that cannot be read.
    Between files, taken as splits of one corpus: texts of one that stand in another, and labels or
    shares of labels that differ. Each finding says what it does to a number; those marked ! make it
    false. Files are read as train-classifier reads them; without labels, only the texts are looked at.
    """
    for file in files:
        check_file(file)
    if len(set(files)) < len(files):
        raise UsageError("a file is named twice; it would overlap with itself")
    options.keep_apart({"--output": output}, files)
    from textkit.tasks.classification import audit_texts

    found = audit_texts(
        [read_audited(file, text_column=text_column, label_column=label_column) for file in files],
        examples=examples,
    )
    with open_output(output) as out:
        print(json.dumps(found.as_dict(), ensure_ascii=False) if as_json else _report(found), file=out)
    if strict and not found.sound:
        raise typer.Exit(1)


def _report(found: Audit) -> str:
    lines = [_facts(found)]
    for each in found.findings:
        lines.append(f"\n{'!' if each.false else '-'} {each.kind} · {each.file}")
        lines += [_indented(visible(each.message)), _indented(visible(each.effect))]
        lines += [f"    {example}" for example in each.examples]
    false = sum(each.false for each in found.findings)
    lines.append(
        f"\n{false} of {len(found.findings)} findings make a reported number false"
        if found.findings
        else "\nnothing was found"
    )
    return "\n".join(lines)


def _indented(sentence: str) -> str:
    return textwrap.fill(sentence, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _facts(found: Audit) -> str:
    rows = [["", "texts", "characters: median", "95 %", "most", "labels", "± at 0.9"]]
    for file in found.files:
        if not file["texts"]:
            rows.append([file["file"], "0", "", "", "", "", ""])
            continue
        most: dict[str, Any] = file["characters"]
        row = [file["file"], str(file["texts"]), *(str(most[p]) for p in ("50", "95", "100"))]
        rows.append([*row, _labels(file.get("labels")), f"{file['standard_error']:.4f}"])
    return aligned(rows)


def _labels(counts: dict[str, int] | None) -> str:
    if counts is None:
        return "none"
    from textkit.tasks.classification.audited import shown

    first = ", ".join(f"{shown(label)} {count}" for label, count in [*counts.items()][:5])
    return first + (f", ... ({len(counts)})" if len(counts) > 5 else "")
