"""`textkit classify`: texts in, the same texts with a label and its probability out."""

from __future__ import annotations

import contextlib
import itertools
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import InputError, UsageError
from textkit_cli import options
from textkit_cli.answers import FORMS, Answer, AnsweredRecords, form_of_output
from textkit_cli.deciding import Threshold, Unsure, load_deciding
from textkit_cli.labelled import TextColumn
from textkit_cli.progress import progress, total_size
from textkit_cli.record_batches import RecordBatch, record_batches
from textkit_corpora.compression import check_file, is_standard, pack, split_suffix
from textkit_corpora.sinks import open_sink
from textkit_corpora.text_records import open_records

if TYPE_CHECKING:
    from textkit.tasks.classification import Prediction, SavedClassifier

BATCH = 2048  # records at a time; at a terminal one
DIGITS = 6  # of a probability as text


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-classifier.")],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Texts; none or - for standard input, a line each.", show_default=False
        ),
    ] = "-",
    output: options.Output = None,
    every: Annotated[
        bool, typer.Option("--all", help="Add the probabilities of all labels: probability_LABEL.")
    ] = False,
    unsure: Unsure = 0.0,
    threshold: Threshold = None,
    text_column: TextColumn = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="|".join(FORMS), help="The form of the output.  [default: as OUT ends]"
        ),
    ] = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Give every text of FILE a label and its probability.

    FILE is a text with a line a record, or .csv, .tsv, .jsonl or .parquet, packed or not; standard
    input is lines, with --text-column JSON lines. OUT is written in the form and packing that its name
    ends in, whatever FILE is; without OUT, records keep the form they have.

    Records come out whole and in order, with `label` and `probability` added; where they have such
    columns already, `predicted_label` and `predicted_probability`. As text (standard output, or a name
    that says nothing) each line is label, probability and text between tabs. Every line gets an answer,
    an empty one too. Memory does not grow with FILE.
    """
    if output_format is not None:
        options.choose("format", output_format, FORMS)
    suffix, packing = split_suffix(output) if output and not is_standard(output) else ("", "")
    if output_format is not None and (output_format == "parquet") != (suffix == ".parquet"):
        raise UsageError("--format parquet and --output FILE.parquet go together")
    check_file(file)
    options.keep_apart({"--output": output}, [file])
    saved = load_deciding(run, threshold=threshold, unsure=unsure)
    with contextlib.ExitStack() as stack:
        records = stack.enter_context(open_records(file, text_column=text_column, errors=errors))
        form = output_format or form_of_output(records.kind, suffix, to_file=not is_standard(output))
        size = 1 if is_standard(file) and sys.stdin.isatty() else BATCH
        batches = record_batches(records, size)
        first = next(batches, RecordBatch([], [], []))
        if not first.rows and not is_standard(file):
            raise InputError(f"{file}: is empty; there is no text to classify")
        added = {"label": str, "probability": float}
        added |= {f"probability_{label}": float for label in saved.labels if every}
        out = AnsweredRecords.of(records, form, first=first.rows, added=added)
        head = out.head()
        if form != "parquet" and head:
            head = pack(head, packing)
        sink = stack.enter_context(open_sink(output, signature="classify", head=head))
        bar = progress(total=total_size([file]), quiet=quiet, to_stdout=is_standard(output))
        advance = stack.enter_context(bar)
        done = 0
        for batch in itertools.chain([first], batches):
            sink.write(_block(out, saved, batch, packing=packing))
            advance(records.source.position() - done)
            done = records.source.position()


def _block(out: AnsweredRecords, saved: SavedClassifier, batch: RecordBatch, *, packing: str) -> bytes:
    if not batch.rows:
        return b""
    every = len(out.added) > 2
    answers = [_answer(prediction, every=every) for prediction in saved.predict(batch.texts)]
    data = out.block(batch.rows, answers, batch.texts, batch.places)
    return data if out.form == "parquet" else pack(data, packing)


def _answer(prediction: Prediction, *, every: bool) -> Answer:
    numbers = (prediction.probability, *(prediction.probabilities if every else ()))
    return (prediction.label, *(round(number, DIGITS) for number in numbers))
