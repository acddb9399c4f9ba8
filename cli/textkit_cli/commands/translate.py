"""`textkit translate`: texts in, their translations out."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import InputError, StageError, UsageError
from textkit_cli import options
from textkit_cli.answers import FORMS, AnsweredRecords, form_of_output
from textkit_cli.attention_pictures import PICTURES, AttentionPictures
from textkit_cli.console import say
from textkit_cli.forcing import check_scoring, write_scores
from textkit_cli.labelled import TextColumn
from textkit_cli.progress import progress, total_size
from textkit_cli.record_batches import RecordBatch, line_at_hand, record_batches
from textkit_cli.translated import Shown
from textkit_corpora.compression import check_file, is_standard, pack, split_suffix
from textkit_corpora.sinks import open_sink
from textkit_corpora.text_records import open_records

if TYPE_CHECKING:
    from textkit.tasks.translation import SavedTranslator, Translation, TranslationDecoding

BATCH = 2048  # lines that are sorted by length together
LM_WEIGHT = 0.2


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-nmt.")],
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Text; none or - for standard input.", show_default=False)
    ] = "-",
    output: options.Output = None,
    beam: Annotated[int, typer.Option(metavar="N", min=1, help="Candidates at a time; 1: greedy.")] = 5,
    n_best: Annotated[int, typer.Option(metavar="N", min=1, help="Translations of each line.")] = 1,
    length_penalty: Annotated[
        float, typer.Option(metavar="A", min=0.0, help="Above 0 longer translations win more often.")
    ] = 1.0,
    coverage_penalty: Annotated[
        float, typer.Option(metavar="B", min=0.0, help="Above 0 all of the source is to be translated.")
    ] = 0.0,
    min_length: Annotated[int, typer.Option(metavar="N", min=0, help="Tokens of a translation.")] = 0,
    max_ratio: Annotated[
        float, typer.Option(metavar="X", min=0.0, help="Target tokens for each source token, at most.")
    ] = 2.0,
    no_repeat_ngram: Annotated[
        int, typer.Option(metavar="N", min=0, help="No N tokens come twice in a row of tokens.")
    ] = 0,
    prefix: Annotated[str, typer.Option(metavar="T", help="What every translation begins with.")] = "",
    sample: Annotated[bool, typer.Option("--sample", help="Draw translations instead of searching.")] = False,
    temperature: Annotated[float, typer.Option(metavar="X", help="With --sample.")] = 1.0,
    top_k: Annotated[int | None, typer.Option(metavar="K", help="With --sample.", show_default=False)] = None,
    top_p: Annotated[
        float | None, typer.Option(metavar="P", help="With --sample.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="With --sample.")] = 0,
    ensemble: Annotated[
        list[str] | None,
        typer.Option(metavar="RUN", help="A translator that joins in; may be repeated.", show_default=False),
    ] = None,
    language_model: Annotated[
        str | None,
        typer.Option("--lm", metavar="RUN", help="A language model of the target.", show_default=False),
    ] = None,
    lm_weight: Annotated[float, typer.Option(metavar="W", min=0.0, help="What --lm counts.")] = LM_WEIGHT,
    alignments: Annotated[
        bool, typer.Option("--alignments", help="Add which source token each token looked at: 0-0 2-1.")
    ] = False,
    attention: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help=f"Draw the attention of the first {PICTURES} lines.", show_default=False
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="F", help="Do not translate: say how probable these translations are.", show_default=False
        ),
    ] = None,
    text_column: TextColumn = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="|".join(FORMS), help="The form of the output.  [default: as OUT ends]"
        ),
    ] = None,
    precision: Annotated[
        str, typer.Option(metavar="fp32|bf16", help="Of the products: bf16 is quicker where it is native.")
    ] = "fp32",
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="N", min=1, help="Threads.", show_default=False)
    ] = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Translate FILE with a trained translator: one line out for each line in, an empty one for an empty one.

    FILE is text, or .csv, .tsv, .jsonl or .parquet, whose records come out whole with a column
    `translation`. Standard input is lines, translated as they come: give one sentence a line. With
    --n-best each line is line number, rank, score and translation between tabs. Alignments are of the
    tokens that --format jsonl shows, both from 0: for each target token the source token that it looked at
    most. --reference writes, instead of translations, the natural log probability of each line of F and
    the number of its tokens, the end of the line included.
    """
    from textkit.tasks.translation.decoding import TranslationDecoding

    if language_model is None and lm_weight != LM_WEIGHT:
        raise UsageError("--lm-weight is the weight of a language model: name one by --lm, or leave it out")
    decoding = TranslationDecoding(
        beam=beam,
        n_best=n_best,
        length_penalty=length_penalty,
        coverage_penalty=coverage_penalty,
        min_length=min_length,
        max_ratio=max_ratio,
        no_repeat_ngram=no_repeat_ngram,
        prefix=prefix,
        sample=sample,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        seed=seed,
        lm_weight=lm_weight if language_model is not None else 0.0,
        attention=alignments or attention is not None,
        precision=options.choose("precision", precision, ("fp32", "bf16")),  # type: ignore[arg-type]
    )
    if output_format is not None:
        options.choose("format", output_format, FORMS)
    suffix = split_suffix(output)[0] if output and not is_standard(output) else ""
    if output_format is not None and (output_format == "parquet") != (suffix == ".parquet"):
        raise UsageError("--format parquet and --output FILE.parquet go together")
    inputs = [file, *([reference] if reference else [])]
    if sum(map(is_standard, inputs)) > 1:
        raise UsageError("standard input can be read once only; name a file for FILE or --reference")
    for name in inputs:
        check_file(name)
    options.keep_apart({"--output": output}, inputs)
    if attention is not None:
        options.check_folder(attention)
    if reference is not None and language_model is None:
        check_scoring(decoding)
    saved = _load(run, ensemble or [], language_model, jobs=jobs)
    if reference is not None:
        write_scores(saved, file, reference, output, column=text_column, form=output_format, errors=errors)
        return
    _write(
        saved,
        decoding,
        file,
        output,
        form=output_format,
        alignments=alignments,
        text_column=text_column,
        pictures=AttentionPictures(attention),
        errors=errors,
        quiet=quiet,
    )


def _write(
    saved: SavedTranslator,
    decoding: TranslationDecoding,
    file: str,
    output: str | None,
    *,
    form: str | None,
    alignments: bool,
    text_column: str | None,
    pictures: AttentionPictures,
    errors: str,
    quiet: bool,
) -> None:
    """Translate `file` into `output`, in the `form` that was asked for or that `output` ends like."""
    suffix, packing = split_suffix(output) if output and not is_standard(output) else ("", "")
    with contextlib.ExitStack() as stack:
        records = stack.enter_context(open_records(file, text_column=text_column, errors=errors))
        form = form or form_of_output(records.kind, suffix, to_file=not is_standard(output))
        shown = Shown(form, decoding.n_best, alignments)
        live = is_standard(file) and not decoding.sample  # what is drawn depends on what is drawn together
        batches = record_batches(records, BATCH, at_hand=line_at_hand if live else lambda: True)
        first = next(batches, RecordBatch([], [], []))
        if not first.rows and not is_standard(file):
            raise InputError(f"{file}: is empty; there is no text to translate")
        out = AnsweredRecords.of(records, form, first=first.rows, added=shown.added())
        head = b"" if form == "text" else out.head()
        head = pack(head, packing) if form != "parquet" and head else head
        sink = stack.enter_context(open_sink(output, signature="translate", head=head))
        bar = progress(total=total_size([file]), quiet=quiet, to_stdout=is_standard(output))
        advance = stack.enter_context(bar)
        number = done = 0
        for batch, found in _translated(saved, decoding, itertools.chain([first], batches), quiet=quiet):
            pictures.add(found)
            if form == "text":
                lines = (shown.lines(number + place, each) for place, each in enumerate(found, 1))
                data = "".join(lines).encode("utf-8", "replace")
            else:
                data = out.block(batch.rows, list(map(shown.answer, found)), batch.texts, batch.places)
            if data:
                sink.write(data if form == "parquet" else pack(data, packing))
            number += len(batch.rows)
            advance(records.source.position() - done)
            done = records.source.position()
        pictures.draw(quiet=quiet)


def _load(
    run: str, ensemble: Sequence[str], language_model: str | None, *, jobs: int | None
) -> SavedTranslator:
    from textkit.tasks.translation.saved import load_translator

    if jobs is not None:
        import torch

        torch.set_num_threads(min(jobs, os.cpu_count() or 1))  # more would only wait for each other
    saved = load_translator(run)
    if ensemble:
        saved = saved.together([load_translator(other) for other in ensemble])
    if language_model is not None:
        from textkit.tasks.language_model import load_model

        saved = saved.helped_by(load_model(language_model))
    return saved


def _translated(
    saved: SavedTranslator, decoding: TranslationDecoding, batches: Iterator[RecordBatch], *, quiet: bool
) -> Iterator[tuple[RecordBatch, list[list[Translation]]]]:
    """Batches with their translations; a line that cannot be read, or is longer than any in training, is
    named."""
    translating, warned = saved.translating(decoding), False
    for batch in batches:
        try:
            warned = warned or _warn_of_the_long(saved, batch, quiet=quiet)
            found = translating(batch.texts)
        except StageError:
            _name_the_line(saved, batch)
            raise
        yield batch, found


def _warn_of_the_long(saved: SavedTranslator, batch: RecordBatch, *, quiet: bool) -> bool:
    """Name the first line with more tokens than any in training, if there is one."""
    most = saved.config.max_length
    for place, text in zip(batch.places, batch.texts, strict=True):
        if len(text.encode("utf-8", "replace")) <= most:  # which has no more tokens than bytes
            continue
        size = len(saved.sides.source(text))
        if size > most:
            say(
                f"{place}: has {size:,} tokens, no sentence of the training had more than {most}: to "
                "translate it takes long and does poorly; give one sentence a line",
                quiet=quiet,
            )
            return True
    return False


def _name_the_line(saved: SavedTranslator, batch: RecordBatch) -> None:
    for place, text in zip(batch.places, batch.texts, strict=True):
        try:
            saved.sides.source(text)
        except StageError as error:
            raise InputError(f"{place}: {error}") from error
