"""`textkit lm-convert`: an n-gram model from one form into another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.ngram_output import check_ngram_output, sizes


def command(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A run folder of train-lm, a model folder or an ARPA file.")
    ],
    out: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="ARPA text where the name ends in .arpa or .gz; else a new model folder."
        ),
    ],
    quantise: Annotated[
        bool,
        typer.Option("--quantise", "--quantize", help="Keep logarithms in 8 bits instead of 32."),
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Convert an n-gram model: from a run, a model folder or ARPA text to a model folder or ARPA text.

    ARPA text is for other programs, KenLM and SRILM among them: it has no cleaning and no tokenizer, and
    read back it takes the words between blanks. A model folder has everything and opens in
    milliseconds. Quantised, the probabilities after a history sum to one only nearly.
    """
    from textkit.tasks.language_model.ngram_file import ARPA_SUFFIXES, read_ngram_file, write_ngram_file

    if quantise and Path(out).suffix in ARPA_SUFFIXES:
        raise UsageError(f"--quantise is for model folders: ARPA text, {out}, holds decimal numbers")
    check_ngram_output(out)
    saved = read_ngram_file(model)
    write_ngram_file(saved, out, quantise=quantise)
    ngrams, words = sum(sizes(saved.model)), len(saved.model.vocab)
    say(f"{ngrams:,} n-grams of {words:,} words: {_size(model)} to {_size(out)}", quiet=quiet)


def _size(name: str) -> str:
    path = Path(name)
    files = [path] if not path.is_dir() else [file for file in path.rglob("*") if file.is_file()]
    return f"{name} ({sum(file.stat().st_size for file in files) / 1e6:,.1f} MB)"
