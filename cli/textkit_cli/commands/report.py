"""`textkit report`: a run as a page to read, print and send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.labelled import LabelColumn, TextColumn
from textkit_corpora.compression import check_file, is_standard

NAME = "report.html"


def command(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="A run folder, several, or the folder of a sweep.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="F.html",
            help="File to write.  [default: RUN/report.html]",
            show_default=False,
        ),
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Measure the run on this too, and take the samples from it; may be repeated.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[int, typer.Option(metavar="N", min=0, max=100, help="Examples of each kind.")] = 5,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of text that is drawn.")] = 0,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Write a report of a training: one HTML file that fetches nothing, and needs no script to be read.

    It has the recipe, with what differs from the defaults, results as the training command prints them,
    curves, and samples: text that a language model writes and lines that surprise it, a classifier's surest
    mistakes with the words that misled it, tagged sentences, translations. FILE is what the run's training
    command takes for --test: lines, labelled texts, tagged sentences or pairs. Without it, samples come
    from the texts that the run keeps, where it keeps any. Of several runs results, settings and curves are
    compared. The same run gives the same bytes.
    """
    from textkit.tasks.sweep.trials import JOURNAL

    if output is None and len(runs) > 1:
        raise UsageError("a report of several runs belongs to none of them: name it with --output F.html")
    if len({Path(run).resolve() for run in runs}) < len(runs):
        raise UsageError("a run is named twice; name each once")
    if output is not None and not is_standard(output) and not output.lower().endswith((".html", ".htm")):
        raise UsageError(f"--output {output}: a report is a .html file")
    files = test or []
    sweep = len(runs) == 1 and (Path(runs[0]) / JOURNAL).is_file()
    if files and (sweep or len(runs) > 1):
        raise UsageError("--test is for the report of one run")
    if sum(map(is_standard, files)) > 1:
        raise UsageError("standard input can be read once only; name files for the others")
    for file in files:
        check_file(file)
    target = str(Path(runs[0]) / NAME) if output is None else output
    options.keep_apart({"--output": target}, files)
    text = (
        _sweep(runs[0]) if sweep else _runs(runs, files, (text_column, label_column, errors), (samples, seed))
    )
    if is_standard(target):
        print(text, end="")  # noqa: T201
        return
    from textkit import atomic

    atomic.write_text(target, text)
    say(f"the report is {target}", quiet=quiet)


def _sweep(folder: str) -> str:
    from textkit.tasks.report.sweep import sweep_report
    from textkit_cli.reporting import read_sweep_folder

    return sweep_report(*read_sweep_folder(Path(folder)))


def _runs(
    runs: list[str],
    files: list[str],
    columns: tuple[str | None, str | None, str],
    shown: tuple[int, int],
) -> str:
    from textkit.tasks.report.record import RunRecord
    from textkit.tasks.report.wanted import Wanted
    from textkit_cli.reporting import Columns, read_tests

    records = [RunRecord.open(run) for run in runs]
    if len(records) > 1:
        from textkit.tasks.report.comparison import comparison

        return comparison(records, runs)
    from textkit.tasks.report.single import report

    wanted = Wanted(*shown)
    return report(records[0], read_tests(records[0], files, Columns(*columns)), wanted)
