"""`textkit filter`: the records of a corpus that a language model finds likely, whole and in order."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.filtering import Filtering, Rule
from textkit_cli.progress import progress, total_size
from textkit_cli.scoring import OtherTokenizer, Scoring, load, warn_of_unknown
from textkit_corpora.compression import check_file, is_standard, pack, split_suffix
from textkit_corpora.record_files import RecordFiles
from textkit_corpora.records import arrow_stream
from textkit_corpora.sinks import open_sink
from textkit_corpora.tables import kind_of
from textkit_corpora.writers import open_output

BY = ("perplexity", "bits")


def command(
    lm: Annotated[
        str,
        typer.Option(
            "--lm",
            metavar="MODEL",
            help="A run folder of train-lm, a model folder or an ARPA file.",
        ),
    ],
    files: options.Files = None,
    keep: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Keep this share of the records, the likeliest: 0.8.", show_default=False
        ),
    ] = None,
    max_perplexity: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="Keep the records of this perplexity a token at most.", show_default=False
        ),
    ] = None,
    max_bits: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="Keep the records of this many bits a byte at most.", show_default=False
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="perplexity|bits",
            help="What --keep goes by: perplexity a token, or bits a byte, unknown words spelled out.  "
            "[default: perplexity]",
            show_default=False,
        ),
    ] = None,
    invert: Annotated[bool, typer.Option("--invert", help="Give the records that would be dropped.")] = False,
    scores: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the scores of every record to a table.", show_default=False),
    ] = None,
    tokenizer: OtherTokenizer = None,
    tokenizer_option: options.TokenizerOptions = None,
    output: options.Output = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Keep the part of a corpus that a language model finds likeliest.

    Records pass whole and unchanged, in order: lines of text, lines of .jsonl, rows of .csv and .tsv
    (--field names the column; a header stays) and of .parquet. OUT holds what FILES hold; the suffix
    says how it is packed. A text of several lines is scored line by line, each by itself. Records
    without a token, as blank lines, are dropped and do not count.

    --keep reads FILES twice and keeps round(SHARE * records), of equally likely ones the first;
    standard input is copied to a temporary file meanwhile. It holds four bytes a record in memory; the
    other two read once and hold nothing.
    """
    rule = _rule(keep=keep, max_perplexity=max_perplexity, max_bits=max_bits, by=by, invert=invert)
    if scores is not None and is_standard(scores) and is_standard(output):
        raise UsageError("--scores and --output cannot both be standard output")
    names = options.inputs(files)
    options.keep_apart({"--scores": scores}, [*names, *([output] if output else [])])
    options.keep_apart({"--output": output, "--scores": scores}, [lm])
    for name in names:
        check_file(name)
    saved = load(lm, tokenizer=tokenizer, tokenizer_option=tokenizer_option)
    if getattr(saved.model, "context", "line") == "stream":
        saved = saved.in_context("line")
    with contextlib.ExitStack() as stack:
        records = stack.enter_context(
            RecordFiles.of(names, field=field, errors=errors, twice=rule.limit is None)
        )
        suffix = _suffix(output, records.kind)
        first = records.head()
        head = arrow_stream(first) if records.kind == "parquet" else pack(first, suffix) if first else b""
        sink = stack.enter_context(open_sink(output, signature="filter", head=head))
        table = None if scores is None else stack.enter_context(open_output(scores))
        size = total_size(names)
        passes = 1 if rule.share is None else 2
        bar = progress(total=size and size * passes, quiet=quiet, to_stdout=is_standard(output))
        filtering = Filtering(
            rule,
            Scoring(saved, errors=errors, size=size),
            records,
            table,
            stack.enter_context(bar),
        )
        kept = filtering.write(sink, suffix=suffix)
    warn_of_unknown(kept.unknown, kept.words, quiet=quiet)
    say(kept.message(rule), quiet=quiet)


def _rule(
    *,
    keep: float | None,
    max_perplexity: float | None,
    max_bits: float | None,
    by: str | None,
    invert: bool,
) -> Rule:
    if sum(value is not None for value in (keep, max_perplexity, max_bits)) != 1:
        raise UsageError("give one of --keep, --max-perplexity and --max-bits")
    if by is not None:
        options.choose("measure", by, BY)
        if keep is None:
            raise UsageError("--by goes with --keep; the other options name their measure")
    if keep is not None:
        if not 0 <= keep <= 1:
            raise UsageError(f"--keep is a share of the records, from 0 to 1, not {keep:g}")
        return Rule("bits" if by == "bits" else "perplexity", keep, None, invert)
    name, limit = ("max-perplexity", max_perplexity) if max_bits is None else ("max-bits", max_bits)
    if limit is None or not limit > 0:
        raise UsageError(f"--{name} is a number over 0, not {limit:g}")
    return Rule("perplexity" if max_bits is None else "bits", None, limit, invert)


def _suffix(output: str | None, kind: str) -> str:
    """How the output is packed; raises UsageError where it cannot hold records of that kind."""
    if is_standard(output):
        if kind == "parquet":
            raise UsageError("Parquet is written to files only; name one with --output")
        return ""
    wanted = kind_of(output)
    if wanted != kind and (kind == "parquet" or wanted != "text"):
        raise UsageError(f"{output}: records pass unchanged; {kind} records need a name that ends so")
    return split_suffix(str(output))[1]
