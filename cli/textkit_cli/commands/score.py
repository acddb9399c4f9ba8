"""`textkit score`: how well a trained model foresees a text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from textkit_cli import options
from textkit_cli.console import table, warn_of_impossible
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.lm.score import Score


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-lm.")],
    files: options.Files = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object (with --per-line, one a line).")
    ] = False,
    lines: Annotated[
        bool,
        typer.Option(
            "--per-line",
            help="For each line: natural log probability, tokens, unknown words, perplexity, by tabs.",
        ),
    ] = False,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="stream|line",
            help="Neural models: carry the state over line ends or not.  [default: as trained]",
        ),
    ] = None,
    output: options.Output = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Score text with a trained model: perplexity, bits per character, bits per byte.

    Perplexity counts every token and each line's end; unknown words count at the unknown word's
    probability. Bits are for the text as it is in the file, line ends included, unknown words spelled
    out at eight bits a byte, so that models with different tokens compare.
    """
    from textkit.tasks.language_model import load_model

    if context is not None:
        options.choose("context", context, ("stream", "line"))
    saved = load_model(run)
    if context is not None:
        saved = saved.in_context(context)  # type: ignore[arg-type]
    texts = options.read_all(files, field=field, errors=errors)
    with open_output(output) as file:
        if lines:
            for result in saved.score_lines(texts):
                print(json.dumps(result.as_dict()) if as_json else _row(result), file=file)
            return
        result = saved.score(texts)
        warn_of_impossible({"": result}, quiet=quiet)
        print(json.dumps(result.as_dict()) if as_json else table({"": result}), file=file)


def _row(result: Score) -> str:
    return f"{result.log_prob:.6f}\t{result.tokens}\t{result.unknown}\t{result.perplexity:.6g}"
