"""`textkit compare`: language models of any kind on the same text."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.columns import aligned
from textkit_cli.console import COLUMNS, say, warn_of_impossible
from textkit_corpora.compression import check_file
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.tasks.language_model.comparison import Compared, Comparison

_MEASURES = ("tokens", "unknown", "perplexity", "bits/char", "bits/byte")
_MIXED = ("perplexity", "bits/char", "bits/byte")


def command(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL MODEL...",
            help="Run folders of train-lm, model folders or ARPA files, of any kind.",
        ),
    ],
    test: Annotated[str, typer.Option(metavar="FILE", help="Text that all are scored on.")],
    valid: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Held-out text on which interpolation weights are tuned; never the test text.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    output: options.Output = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Compare language models on one text: n-gram, RNN, GRU, LSTM, Transformer, words or characters.

    A row a model, the best first by bits/char: bits for each character of the text as it is in the file,
    unknown words spelled out, which any two models can be compared by. Perplexities compare only models
    of the same tokens and vocabulary.

    With --valid, models of the same tokens and words are also interpolated, token by token: the best
    n-gram model with each neural one, and all together. The weights are tuned on the validation text by
    expectation maximisation.
    """
    for name in (test, *([] if valid is None else [valid])):
        check_file(name)
    if valid is not None and os.path.realpath(valid) == os.path.realpath(test):
        raise UsageError(f"--valid {valid} is the test text: weights tuned on it would flatter the mixtures")
    options.keep_apart({"--output": output}, [*models, *(name for name in (test, valid) if name is not None)])
    from textkit.tasks.language_model.comparison import compare

    held_out = None if valid is None else options.read_all([valid], field=field, errors=errors)
    comparison = compare(models, test=options.read_all([test], field=field, errors=errors), valid=held_out)
    warn_of_impossible({row.name: row.score for row in comparison.models}, quiet=quiet)
    with open_output(output) as file:
        if as_json:
            print(json.dumps(comparison.as_dict(), ensure_ascii=False), file=file)
            return
        print(_models(comparison), file=file)
        if comparison.mixtures:
            print(f"\n{_mixtures(comparison)}", file=file)
    for note in comparison.notes:
        say(note, quiet=quiet)


def _models(comparison: Comparison) -> str:
    rows = [["", "kind", "unit", "size", "on disk", *_MEASURES]]
    for row in comparison.models:
        measured = [COLUMNS[measure](row.score) for measure in _MEASURES]
        rows.append([row.name, row.kind, row.unit, _size(row), f"{row.bytes / 1e6:,.2f} MB", *measured])
    return aligned(rows)


def _mixtures(comparison: Comparison) -> str:
    rows = [["interpolated", *_MIXED]]
    for mixture in comparison.mixtures:
        pairs = zip(mixture.weights, mixture.models, strict=True)
        name = " + ".join(f"{weight:.3f} {model}" for weight, model in pairs)
        rows.append([name, *(COLUMNS[measure](mixture.score) for measure in _MIXED)])
    return aligned(rows)


def _size(row: Compared) -> str:
    return f"{row.parameters:,} {'parameters' if row.neural else 'n-grams'}"
