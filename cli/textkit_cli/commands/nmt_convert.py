"""`textkit nmt-convert`: a translator for CTranslate2."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated

import typer

from textkit_cli import options
from textkit_cli.console import say
from textkit_corpora.readers import read_lines

KINDS = ("none", "int8", "int16", "float16")


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-nmt, a Transformer.")],
    out: Annotated[str, typer.Argument(metavar="OUT", help="The model folder to make.")],
    quantization: Annotated[
        str, typer.Option(metavar="|".join(KINDS), help="How weights are rounded; int8 is smallest.")
    ] = "none",
    check: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Text to compare the translations of.  [default: the run's validation text]",
            show_default=False,
        ),
    ] = None,
    count: Annotated[int, typer.Option("--sentences", metavar="N", min=1, help="To compare.")] = 50,
    quiet: options.Quiet = False,
) -> None:
    """Convert a translator for CTranslate2 (pip install 'textkit-nlp[ctranslate2]'), which needs no torch.

    Before OUT takes its name, both translate the same sentences greedily: without rounding they must give
    the same tokens, but where two are equally probable; with rounding it is said how many are the same. OUT
    has the sentencepiece models and a README.txt on how to use it. The weights as they are lie in the run,
    as best-*.safetensors.
    """
    options.choose("quantization", quantization, KINDS)
    options.check_folder(out)
    sentences = None if check is None else list(itertools.islice(read_lines(check), count))
    from textkit.tasks.translation.ctranslate2_export import export_ctranslate2

    agreement = export_ctranslate2(run, out, quantization=quantization, sentences=sentences, count=count)
    size = sum(file.stat().st_size for file in Path(out).iterdir()) / 1e6
    ties = f", and {agreement.ties} as probable" if agreement.ties else ""
    say(
        f"{out}: {size:,.1f} MB; {agreement.same} of {agreement.sentences} translations are the same{ties}",
        quiet=quiet,
    )
