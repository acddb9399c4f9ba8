"""`textkit train-tokenizer`: train a subword tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from textkit import atomic
from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.options import choose
from textkit_cli.progress import progress, strides, total_size
from textkit_cli.tokenizing import Cleaning
from textkit_corpora.blocks import read_blocks
from textkit_corpora.compression import is_standard

TYPES = ("unigram", "bpe")


def command(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="Model to write.", show_default=False)
    ],
    files: options.Files = None,
    kind: Annotated[
        str, typer.Option("--type", metavar="|".join(TYPES), help="Kind of subword model.")
    ] = "unigram",
    vocab_size: Annotated[int, typer.Option(metavar="N", min=1, help="How many pieces.")] = 8000,
    character_coverage: Annotated[
        float,
        typer.Option(min=0.98, max=1, metavar="SHARE", help="Share of the text's characters to know."),
    ] = 0.9995,
    byte_fallback: Annotated[
        bool, typer.Option("--byte-fallback", help="Write unknown characters as bytes.")
    ] = False,
    clean: options.Clean = "none",
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Train a sentencepiece model on FILES, or on standard input: a sentence a line.

    Use it with: textkit tokenize --tokenizer sentencepiece --tokenizer-option model=OUT
    """
    from textkit.text.tokenizers.sentencepiece import train_sentencepiece

    choose("type", kind, TYPES)
    if is_standard(output):
        raise UsageError("a model is written to a file: name it with --output")
    names = options.inputs(files)
    options.keep_apart({"--output": output}, names)
    blocks = strides(read_blocks(names, field=field, errors=errors))
    cleaning = Cleaning(options.make_clean(clean), errors)
    # The file is opened first: a name that cannot be written should not cost a training.
    with (
        atomic.writing(output) as temporary,
        progress(total=total_size(names), quiet=quiet) as advance,
    ):

        def lines() -> Iterator[str]:
            for block in blocks:
                yield from cleaning.lines(block)[0]
                advance(block.read)

        model = train_sentencepiece(
            lines(),
            vocab_size=vocab_size,
            model_type=kind,
            character_coverage=character_coverage,
            byte_fallback=byte_fallback,
        ).model
        temporary.write_bytes(model)
