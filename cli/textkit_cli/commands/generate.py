"""`textkit generate`: text that a trained model makes up."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_corpora.writers import open_output


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-lm.")],
    prompt: Annotated[str, typer.Option(help="How the text begins.")] = "",
    length: Annotated[int, typer.Option(min=1, help="Tokens to add.")] = 50,
    temperature: Annotated[
        float, typer.Option(min=0.0, help="Below 1: more likely text; 0: the most probable token each time.")
    ] = 1.0,
    top_k: Annotated[int | None, typer.Option(min=1, help="Choose among the K most probable tokens.")] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Choose among the most probable tokens that make up P of the probability."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Same seed, same text.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="How many texts.")] = 1,
    one_line: Annotated[bool, typer.Option("--one-line", help="Stop at the end of the line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help='Print {"text": ...}, one object a line.')] = False,
    output: options.Output = None,
) -> None:
    """Continue a prompt with a trained language model; the prompt is printed with its continuation."""
    from textkit.tasks.language_model import load_model

    try:
        text = os.fsencode(prompt).decode("utf-8")
    except UnicodeError as error:
        raise UsageError("the prompt is not valid UTF-8") from error
    texts = load_model(run).generate(
        text,
        length=length,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        seed=seed,
        samples=samples,
        one_line=one_line,
    )
    with open_output(output) as file:
        for text in texts:
            print(json.dumps({"text": text}, ensure_ascii=False) if as_json else text, file=file)
