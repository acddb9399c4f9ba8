"""`textkit lm-convert`: an n-gram model from one form into another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.console import say


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
    arpa = Path(out).suffix in (".arpa", ".gz")
    if out == "-":
        raise UsageError("name the ARPA file or model folder to write: OUT is no stream")
    if quantise and arpa:
        raise UsageError(f"--quantise is for model folders: ARPA text, {out}, holds decimal numbers")
    if arpa and not Path(out).absolute().parent.is_dir():
        raise UsageError(f"{out}: name a file in a folder that exists")
    if not arpa:
        options.check_folder(out)
    from textkit.tasks.language_model.ngram_file import read_ngram_file, write_ngram_file

    saved = read_ngram_file(model)
    write_ngram_file(saved, out, quantise=quantise)
    trie = saved.model.trie
    ngrams = sum(trie.size(k) for k in range(1, trie.order + 1))
    say(f"{ngrams:,} n-grams of {trie.vocab_size:,} words: {_size(model)} to {_size(out)}", quiet=quiet)


def _size(name: str) -> str:
    path = Path(name)
    files = [path] if not path.is_dir() else [file for file in path.rglob("*") if file.is_file()]
    return f"{name} ({sum(file.stat().st_size for file in files) / 1e6:,.1f} MB)"
