"""`textkit lm-convert`: a language model from one form into another."""

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
            metavar="OUT",
            help="ARPA text where the name ends in .arpa or .gz; ONNX, for networks, where it ends in .onnx; "
            "else a new model folder.",
        ),
    ],
    quantise: Annotated[
        bool,
        typer.Option("--quantise", "--quantize", help="Keep logarithms in 8 bits instead of 32."),
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Convert a language model: n-grams to a model folder or ARPA text, a network to ONNX.

    ARPA text is for other programs, KenLM and SRILM among them: it has no cleaning and no tokenizer, and
    read back it takes the words between blanks. A model folder has everything and opens in
    milliseconds. Quantised, the probabilities after a history sum to one only nearly.

    An ONNX file does one step of a network, with its state going in and coming out, for any number of
    rows: ids and state_0, state_1, ... to log_probs and next_state_0, next_state_1, ... The vocabulary,
    the pipeline in one line and the shapes of the empty states are in its metadata. A Transformer's
    state holds at most its context: when that is full, begin again by reading the last half of it. The
    file is compared with the model before it is written.
    """
    from textkit.tasks.language_model.network_info import is_network_run

    onnx = Path(out).suffix.lower() == ".onnx"
    if is_network_run(model) and not onnx:
        raise UsageError(
            f"{model}: a network is converted to ONNX: name a file that ends in .onnx, not {out}"
        )
    if onnx:
        _to_onnx(model, out, quantise=quantise, quiet=quiet)
    else:
        _to_ngrams(model, out, quantise=quantise, quiet=quiet)


def _to_onnx(model: str, out: str, *, quantise: bool, quiet: bool) -> None:
    from textkit.tasks.language_model.onnx_export import export_onnx

    if quantise:
        raise UsageError(f"--quantise is for model folders of n-grams, not for {out}")
    if Path(out).is_dir() or not Path(out).absolute().parent.is_dir():
        raise UsageError(f"{out}: name a file in a folder that exists")
    difference = export_onnx(model, out)
    say(f"{_size(model)} to {_size(out)}; log probabilities differ by {difference:.1g} at most", quiet=quiet)


def _to_ngrams(model: str, out: str, *, quantise: bool, quiet: bool) -> None:
    from textkit.tasks.language_model.ngram_file import is_arpa_name, read_ngram_file, write_ngram_file

    if quantise and is_arpa_name(out):
        raise UsageError(f"--quantise is for model folders: ARPA text, {out}, holds decimal numbers")
    check_ngram_output(out, [model], option="OUT")
    saved = read_ngram_file(model)
    write_ngram_file(saved, out, quantise=quantise)
    ngrams, words = sum(sizes(saved.model)), len(saved.model.vocab)
    say(f"{ngrams:,} n-grams of {words:,} words: {_size(model)} to {_size(out)}", quiet=quiet)


def _size(name: str) -> str:
    path = Path(name)
    files = [path] if not path.is_dir() else [file for file in path.rglob("*") if file.is_file()]
    return f"{name} ({sum(file.stat().st_size for file in files) / 1e6:,.1f} MB)"
