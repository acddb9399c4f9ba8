"""`textkit vocab`: count the tokens of text and write a vocabulary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

import typer

from textkit.errors import UsageError
from textkit.text import Pipeline, Tokenizer
from textkit_cli import options
from textkit_cli.blocks import Block, read_blocks
from textkit_cli.parallel import map_blocks
from textkit_cli.progress import progress
from textkit_cli.rendering import each_line
from textkit_corpora.compression import is_standard


@dataclass(frozen=True)
class Counting:
    """The number of lines of a block, and how often each token stands in it, first seen first."""

    clean: Pipeline[str, str]
    tokenizer: Tokenizer

    def __call__(self, block: Block) -> tuple[int, Counter[str]]:
        counts: Counter[str] = Counter()
        for tokens in each_line(lambda line: self.tokenizer(self.clean(line)), block):
            counts.update(tokens)
        return len(block.lines), counts


def command(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="Vocabulary to write.", show_default=False)
    ],
    files: options.Files = None,
    tokenizer: options.Tokenizer = options.DEFAULT_TOKENIZER,
    tokenizer_option: options.TokenizerOptions = None,
    clean: options.Clean = "none",
    min_count: Annotated[
        int, typer.Option(metavar="N", min=1, help="Leave out tokens seen fewer times.")
    ] = 1,
    max_size: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Keep the most frequent; specials count.")
    ] = None,
    special: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TOKEN",
            help="Special token besides <unk>; may be repeated.",
            show_default=False,
        ),
    ] = None,
    jobs: options.Jobs = 1,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Count the tokens of FILES, or of standard input, and write a vocabulary.

    A line of it is a token and its count, after a line that describes the file; specials come first,
    then the most frequent token, and of equals the one seen first.
    """
    from textkit.text.vocab import UNKNOWN, Vocab

    if is_standard(output):
        raise UsageError("a vocabulary is written to a file: name it with --output")
    blocks = read_blocks(options.inputs(files), field=field, errors=errors)
    work = Counting(options.make_clean(clean), options.make_tokenizer(tokenizer, tokenizer_option))
    counts: Counter[str] = Counter()
    with progress(unit="lines", quiet=quiet) as advance:
        for lines, more in map_blocks(work, blocks, jobs=jobs):
            counts.update(more)
            advance(lines)
    specials = tuple(dict.fromkeys((UNKNOWN, *(special or ()))))
    vocab = Vocab.from_counts(counts, min_count=min_count, max_size=max_size, specials=specials)
    vocab.save(output)
