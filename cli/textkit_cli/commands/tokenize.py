"""`textkit tokenize`: lines of text in, lines of tokens out."""

from __future__ import annotations

from typing import Annotated

import typer

from textkit.errors import UsageError
from textkit.text import Vocab
from textkit_cli import options
from textkit_cli.blocks import CHARACTERS, read_blocks
from textkit_cli.options import choose
from textkit_cli.parallel import map_blocks
from textkit_cli.progress import progress
from textkit_cli.rendering import FORMATS, Rendering
from textkit_corpora.compression import is_standard, split_suffix
from textkit_corpora.writers import open_output


def command(
    files: options.Files = None,
    tokenizer: options.Tokenizer = options.DEFAULT_TOKENIZER,
    tokenizer_option: options.TokenizerOptions = None,
    clean: options.Clean = "none",
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(FORMATS),
            help="Tokens joined by a space, JSON objects, or ids.  [default: text; jsonl where OUT ends so]",
        ),
    ] = None,
    vocab: Annotated[
        str | None, typer.Option(metavar="FILE", help="Vocabulary that numbers the tokens, for --format ids.")
    ] = None,
    offsets: Annotated[
        bool, typer.Option("--offsets", help="With jsonl: where each token starts and ends, in characters.")
    ] = False,
    output: options.Output = None,
    jobs: options.Jobs = 1,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Split text into tokens: one line out for each line in, tokens joined by one space.

    Reads FILES one after the other, or standard input; .gz, .bz2, .xz and .zst are unpacked. A line
    ends at a newline only. The tokens of .jsonl and .parquet files come from one field of each record,
    those of .csv and .tsv files from the whole line unless --field names a column.

    With --offsets each JSON object has "offsets"; with --clean too, it has the cleaned "text" that they
    count in.
    """
    inferred = "jsonl" if output and split_suffix(output)[0] == ".jsonl" else "text"
    form = choose("format", output_format or inferred, FORMATS)
    if (form == "ids") != (vocab is not None):
        raise UsageError("--format ids and --vocab FILE go together")
    if offsets and form != "jsonl":
        raise UsageError("--offsets needs --format jsonl")
    # One job writes each line as soon as it is read; several need blocks worth sending to a process.
    size = 1 if jobs == 1 else CHARACTERS
    blocks = read_blocks(options.inputs(files), field=field, errors=errors, characters=size)
    work = Rendering(
        clean=options.make_clean(clean),
        tokenizer=options.make_tokenizer(tokenizer, tokenizer_option),
        form=form,
        vocab=None if vocab is None else Vocab.load(vocab),
        offsets=offsets,
        text=offsets and clean != "none",
    )
    with (
        open_output(output) as file,
        progress(unit="lines", quiet=quiet, to_stdout=is_standard(output)) as advance,
    ):
        for text in map_blocks(work, blocks, jobs=jobs):
            file.write(text)
            advance(text.count("\n"))
