"""`textkit generate`: text that a trained model makes up."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Annotated, TextIO

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_corpora.compression import is_standard
from textkit_corpora.readers import read_lines
from textkit_corpora.writers import open_output


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder of train-lm, a model folder or an ARPA file.")
    ],
    prompt: Annotated[str, typer.Option(help="How the text begins; - reads it from standard input.")] = "",
    length: Annotated[int, typer.Option(min=1, help="Tokens to add.")] = 50,
    temperature: Annotated[
        float, typer.Option(min=0.0, help="Below 1: more likely text; 0: the most probable token each time.")
    ] = 1.0,
    top_k: Annotated[int | None, typer.Option(min=1, help="Choose among the K most probable tokens.")] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Choose among the most probable tokens that make up P of the probability."),
    ] = None,
    repetition_penalty: Annotated[
        float, typer.Option(metavar="X", help="Above 1: tokens that were there already become less likely.")
    ] = 1.0,
    beam: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Search for the most probable text, with N candidates at a time, instead of drawing.",
            show_default=False,
        ),
    ] = None,
    length_penalty: Annotated[
        float, typer.Option(metavar="A", help="With --beam: above 0, longer lines win more often; 0.6 to 1.")
    ] = 0.0,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT", help="End before this text is reached; may be repeated.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Same seed, same text.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="How many texts.")] = 1,
    one_line: Annotated[bool, typer.Option("--one-line", help="Stop at the end of the line.")] = False,
    stream: Annotated[
        bool | None,
        typer.Option(
            "--stream/--no-stream",
            help="Print tokens as they are drawn. [default: a single text on a terminal]",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help='Print {"text", "tokens", "log_prob"}, one object a line.'),
    ] = False,
    output: options.Output = None,
) -> None:
    """Continue a prompt with a trained language model; the prompt is printed with its continuation.

    The log probability of --json is that of the new tokens by the model, natural, before temperature and
    the like. A line end among the tokens is </s>.
    """
    from textkit.tasks.language_model.decoding import Decoding

    decoding = Decoding(
        length=length,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        repetition_penalty=repetition_penalty,
        beam=beam,
        length_penalty=length_penalty,
        stop=tuple(_decoded(text, "--stop") for text in stop or ()),
        seed=seed,
        samples=samples,
        one_line=one_line,
    )
    whole = samples > 1 or as_json or beam is not None or not is_standard(output)
    if stream and whole:
        raise UsageError(
            "--stream prints one text as it is drawn: drop it or --samples, --json, --beam and -o"
        )
    if stream is None:
        stream = not whole and sys.stdout is not None and sys.stdout.isatty()
    if prompt == "-":
        prompt = "\n".join(read_lines("-"))
    prompt = _decoded(prompt, "the prompt")

    options.keep_apart({"--output": output}, [run])
    from textkit.tasks.language_model import generation, load_model

    saved = load_model(run)
    with open_output(output) as file:
        if stream:
            _print_live(generation.stream(saved.model, saved.pipeline, prompt, decoding=decoding), file)
            return
        for text in generation.generate(saved.model, saved.pipeline, prompt, decoding=decoding):
            print(json.dumps(text.as_dict(), ensure_ascii=False) if as_json else text.text, file=file)


def _print_live(pieces: Iterator[str], file: TextIO) -> None:
    """Print pieces as they come; Ctrl-C ends the text, quietly."""
    try:
        for piece in pieces:
            file.write(piece)
            file.flush()
    except KeyboardInterrupt:
        raise typer.Exit(128 + signal.SIGINT) from None
    finally:
        file.write("\n")
        file.flush()


def _decoded(text: str, name: str) -> str:
    """An argument as text; raises UsageError for bytes that are none."""
    try:
        return os.fsencode(text).decode("utf-8")
    except UnicodeError as error:
        raise UsageError(f"{name} is not valid UTF-8") from error
