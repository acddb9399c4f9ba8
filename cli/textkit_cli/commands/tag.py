"""`textkit tag`: the tags and spans that a trained tagger finds in text."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from textkit.errors import InputError, UsageError
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.tagging import FORMS, by_label, render, summary
from textkit_corpora.compression import is_standard, split_suffix
from textkit_corpora.readers import read_lines
from textkit_corpora.tagged import read_tagged
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.tasks.tagging import Tagged

Given = TypeVar("Given")

BATCH = 1024  # lines that are sorted by length together; at a terminal one


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-tagger.")],
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Text to tag; none or - for standard input.")
    ] = "-",
    output: options.Output = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(FORMS),
            help="JSON objects, a token and its tag a line, or the text with [spans](label) in it.  "
            "[default: as OUT ends, else jsonl]",
        ),
    ] = None,
    tokens: Annotated[
        bool, typer.Option("--tokens", help="FILE has tokens: .jsonl with lists `tokens`, or CoNLL.")
    ] = False,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="FILE has tags too: only say how well they are found.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --evaluate: as one JSON object.")] = False,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Find the spans in FILE with a trained tagger: one line out for each line in.

    Lines of text are cleaned and tokenized as the run says; "offsets" say where the tokens stand in the
    line as it was. The probability of a span is that it has just these tokens and this label, by the
    tagger. With --evaluate precision, recall and F1 are those of whole spans, as seqeval computes them.
    """
    if as_json and not evaluate:
        raise UsageError("--json is for --evaluate; the tags themselves are JSON with --format jsonl")
    if evaluate and (output is not None or output_format is not None):
        raise UsageError("--evaluate prints measures: leave out -o and --format")
    if field is not None and (tokens or evaluate):
        raise UsageError("--field is for text; sentences with tokens have the fields tokens and tags")
    form = _form(output_format, output)
    options.keep_apart({"--output": output}, [file])
    if evaluate:
        _evaluate(run, file, as_json=as_json, errors=errors)
        return

    from textkit.tasks.tagging import load_tagger

    tagger = load_tagger(run)
    live = is_standard(file) and sys.stdin is not None and sys.stdin.isatty()
    size = 1 if live else BATCH
    results: Iterator[tuple[Tagged, str]]
    if tokens:
        sentences = (each.tokens for each in read_tagged(file, tags=False, errors=errors))
        found = _beside(tagger.tag_tokens, sentences, size=size)
        results = ((tagged, " ".join(words)) for tagged, words in found)
    else:
        results = _beside(tagger.tag_lines, read_lines(file, field=field, errors=errors), size=size)
    count = spans = 0
    with open_output(output) as sink:
        for tagged, line in results:
            sink.write(render(tagged, form, line=line))
            count, spans = count + 1, spans + len(tagged.spans)
    say(f"{count} lines, {spans} spans", quiet=quiet or output is None)


def _beside(
    tag: Callable[[Iterable[Given]], Iterator[Tagged]], given: Iterable[Given], *, size: int
) -> Iterator[tuple[Tagged, Given]]:
    """What `tag` makes of all that is `given`, read `size` at a time, beside what it came from."""
    rest = iter(given)
    while block := list(itertools.islice(rest, size)):
        yield from zip(tag(block), block, strict=True)


def _form(wanted: str | None, output: str | None) -> str:
    suffix = split_suffix(output)[0].removeprefix(".") if output else ""
    return options.choose("format", wanted or (suffix if suffix in FORMS else "jsonl"), FORMS)


def _evaluate(run: str, file: str, *, as_json: bool, errors: str) -> None:
    from textkit.tasks.tagging import load_tagger

    report = load_tagger(run).evaluate(read_tagged(file, errors=errors))
    if not report.sentences:
        raise InputError("there is no tagged sentence to measure with")
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))  # noqa: T201
    else:
        print(f"{by_label(report)}\n\n{summary({file: report})}")  # noqa: T201
