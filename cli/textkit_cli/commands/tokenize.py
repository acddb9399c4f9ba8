"""`textkit tokenize`: lines of text in, lines of tokens out."""

from __future__ import annotations

import contextlib
import sys
from itertools import islice
from typing import Annotated

import typer

import textkit
from textkit.errors import UsageError
from textkit.text import Vocab
from textkit_cli import engines, options
from textkit_cli.console import say
from textkit_cli.interruption import keeping
from textkit_cli.options import choose
from textkit_cli.progress import progress, strides, total_size
from textkit_cli.rendering import FORMS, Rendering
from textkit_cli.tokenizing import Cleaning, Tokenizing
from textkit_corpora.blocks import read_blocks
from textkit_corpora.compression import is_standard, split_suffix
from textkit_corpora.sinks import Sink, open_sink

FORMATS = (*FORMS, "ids")


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
            help="Tokens joined by a space, JSON objects, a table, or ids.  [default: as OUT ends]",
        ),
    ] = None,
    vocab: Annotated[
        str | None, typer.Option(metavar="FILE", help="Vocabulary that numbers the tokens, for --format ids.")
    ] = None,
    offsets: Annotated[
        bool,
        typer.Option(
            "--offsets",
            help="With jsonl and parquet: where each token starts and ends in the line, in characters.",
        ),
    ] = False,
    output: options.Output = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run to the same OUT stopped.")
    ] = False,
    jobs: options.Jobs = 1,
    engine: options.EngineName = "local",
    scheduler: options.Scheduler = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    on_error: options.OnError = "fail",
    quiet: options.Quiet = False,
) -> None:
    """Split text into tokens: one line out for each line in, tokens joined by one space.

    Reads FILES one after the other, or standard input; .gz, .bz2, .xz and .zst are unpacked. A line
    ends at a newline only. The tokens of .jsonl and .parquet files come from one field of each record,
    those of .csv and .tsv files from the whole line unless --field names a column. OUT is written in
    the form and packing that its name ends in.

    Memory does not grow with the input. Until OUT is whole its data lie in OUT.partial; when the run
    stops early, the same command with --resume goes on from there. Offsets count in the line as it was
    before --clean.
    """
    form, ids = _form(output_format, output)
    if ids != (vocab is not None):
        raise UsageError("--format ids and --vocab FILE go together")
    if offsets and form not in ("jsonl", "parquet"):
        raise UsageError("--offsets needs --format jsonl or parquet")
    skip = choose("way with bad records", on_error, options.ON_ERROR) == "skip"
    names = options.inputs(files)
    options.keep_apart({"--output": output}, [vocab] if vocab else [])
    alone = jobs == 1 and engine == "local"
    blocks = read_blocks(names, field=field, errors=errors, skip=skip, lively=alone)
    tokenizing = Tokenizing(
        Cleaning(options.make_clean(clean), errors, skip), options.make_tokenizer(tokenizer, tokenizer_option)
    )
    size = total_size(names)
    batched = tokenizing.pays(size if alone else size or sys.maxsize)
    work = Rendering(
        tokenizing,
        form,
        None if vocab is None else Vocab.load(vocab),
        offsets,
        suffix=split_suffix(output)[1] if output else "",
        batched=bool(batched),
    )
    settings = f"{textkit.__version__} {work.signature()} field={field!r}"
    # Where tokens stand is written by Python, which threads would take turns at.
    unlocked = work.batched and not offsets and tokenizing.unlocked
    place = engines.make_engine(engine, jobs=jobs, scheduler=scheduler, unlocked=unlocked)
    with contextlib.ExitStack() as stack:
        sink: Sink | None = None
        stack.enter_context(keeping(lambda: sink.hint if sink else None))  # also while the file is finished
        sink = stack.enter_context(
            open_sink(output, signature=settings, resume=resume, head=work.head, inputs=_files(names))
        )
        advance = stack.enter_context(progress(total=size, quiet=quiet, to_stdout=is_standard(output)))
        todo = islice(strides(blocks), sink.done, None)
        if batched is None:  # nobody knows how much is to come
            results = engines.by_and_by(work, work.grown, todo, enough=tokenizing.enough)
        else:
            results = engines.run_blocks(work, todo, engine=stack.enter_context(place), skip=skip)
        for result in results:
            sink.write(result.data)
            for fault in result.faults:
                say(f"skipped {fault}")
            advance(result.read)


def _form(wanted: str | None, output: str | None) -> tuple[str, bool]:
    """The form of the output, and whether it holds ids."""
    suffix = split_suffix(output)[0].removeprefix(".") if output else ""
    inferred = suffix if suffix in FORMS else "text"
    form = choose("format", wanted or inferred, FORMATS)
    if form == "ids":
        return inferred, True
    if "parquet" in (form, suffix) and form != suffix:
        raise UsageError("--format parquet and --output FILE.parquet go together")
    return form, False


def _files(names: list[str]) -> list[str]:
    """The names, where all can be read again; a run that reads standard input or a pipe cannot be resumed."""
    return names if total_size(names) is not None else []
