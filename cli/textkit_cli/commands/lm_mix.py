"""`textkit lm-mix`: several n-gram models merged into one."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.columns import aligned
from textkit_cli.console import COLUMNS, say, warn_of_impossible
from textkit_cli.ngram_output import Out, check_ngram_output, size_cells, size_headings, sizes
from textkit_corpora.compression import check_file

if TYPE_CHECKING:
    from textkit.lm.ngram import NgramModel
    from textkit.tasks.language_model.ngram_mixing import Mixed

_MEASURES = ("perplexity", "bits/byte", "unknown")


def command(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL MODEL...", help="Two or more: run folders of train-lm, model folders, ARPA files."
        ),
    ],
    output: Out,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="W,W,...",
            help="One for each model, together 1, as 0.7,0.3.  [default: equal]",
            show_default=False,
        ),
    ] = None,
    tune: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Held-out text: take the weights that give it the lowest perplexity.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Mix n-gram models: every n-gram of any of them, with its interpolated probability.

    The probability is the weighted sum of what the models give; back-off weights are computed so that
    all sums to one (SRILM's ngram -mix-lm). Vocabularies and orders may differ; a word that a model
    lacks has no probability from it, and is <unk> to it as history. The mix takes the cleaning and
    tokenizer of the first model.

    With --tune, weights are found by expectation maximisation, and the perplexity of each model and of
    the mix on the held-out text is printed. Each counts its own unknown words: bits/byte compare models
    of different vocabularies.
    """
    if len(models) < 2:
        raise UsageError(f"mixing takes two models at least, not only {models[0]}")
    if weights is not None and tune is not None:
        raise UsageError("--weights and --tune exclude each other")
    given = None if weights is None else _parsed(weights)
    check_ngram_output(output, [*models, *([] if tune is None else [tune])])
    if tune is not None:
        check_file(tune)
    from textkit.lm.mixing.mixture import check_weights
    from textkit.tasks.language_model.ngram_file import read_ngram_file, write_ngram_file
    from textkit.tasks.language_model.ngram_mixing import mix_ngrams

    if given is not None:
        check_weights(given, len(models))
    saved = [read_ngram_file(name) for name in models]
    for name, other in zip(models[1:], saved[1:], strict=True):
        if other.pipeline.digest() != saved[0].pipeline.digest():
            say(
                f"{name} has another cleaning or tokenizer than {models[0]}, whose the mix takes", quiet=quiet
            )
    held_out = None if tune is None else options.read_all([tune], field=field, errors=errors)
    mixed = mix_ngrams(saved, weights=given, held_out=held_out)
    write_ngram_file(mixed.saved, output)
    if mixed.scores:
        warn_of_impossible(dict(zip([*models, "the mix"], mixed.scores, strict=True)), quiet=quiet)
    named = list(zip([*models, output], [*(each.model for each in saved), mixed.saved.model], strict=True))
    print(_json(named, mixed) if as_json else _table(named, mixed))  # noqa: T201
    say(f"the model is in {output}", quiet=quiet)


def _parsed(weights: str) -> list[float]:
    """--weights as numbers."""
    try:
        return [float(each) for each in weights.split(",")]
    except ValueError:
        raise UsageError(f"--weights are numbers with commas between, as 0.7,0.3; not '{weights}'") from None


def _json(named: list[tuple[str, NgramModel]], mixed: Mixed) -> str:
    rows: list[dict[str, Any]] = [{"model": name, "ngrams": sizes(model)} for name, model in named]
    for row, weight in zip(rows, mixed.weights, strict=False):
        row["weight"] = weight
    for row, score in zip(rows, mixed.scores, strict=False):
        row["held_out"] = score.as_dict()
    perplexity = mixed.interpolated
    if perplexity is not None:
        rows[-1]["interpolated_perplexity"] = perplexity if math.isfinite(perplexity) else None
    return json.dumps({"models": rows[:-1], "mix": rows[-1]}, ensure_ascii=False)


def _table(named: list[tuple[str, NgramModel]], mixed: Mixed) -> str:
    order = max(model.order for _, model in named)
    measures = _MEASURES if mixed.scores else ()
    rows = [["", "weight", *size_headings(order), *measures]]
    for i, (name, model) in enumerate(named):
        weight = f"{mixed.weights[i]:.4f}" if i < len(mixed.weights) else ""
        measured = [COLUMNS[measure](mixed.scores[i]) for measure in measures]
        rows.append([name, weight, *size_cells(sizes(model), order=order), *measured])
    return aligned(rows)
