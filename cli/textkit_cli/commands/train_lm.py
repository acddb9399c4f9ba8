"""`textkit train-lm`: from lines of text to a language model in a run folder."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from textkit.errors import TextkitError, UsageError
from textkit.tasks import language_model
from textkit.tasks.language_model import LanguageModelConfig
from textkit_cli import options
from textkit_cli.console import say, table, warn_of_impossible
from textkit_cli.reading import read_text
from textkit_cli.recipes import say_recipe
from textkit_cli.settings import gather_settings, only_resuming, with_settings
from textkit_cli.training_bar import training_bar

if TYPE_CHECKING:
    from textkit.data.text_blocks import TextBlocks
    from textkit.tasks.language_model import NgramOptions


Valid = Annotated[str | None, typer.Option(metavar="FILE", help="Text that decides when to stop.")]
Test = Annotated[str | None, typer.Option(metavar="FILE", help="Text to report on at the end.")]
Resume = Annotated[
    str | None,
    typer.Option(metavar="RUN", help="Go on with an interrupted run, or longer (--epochs, --max-steps)."),
]
Arpa = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="n-gram: write the model as ARPA text (.gz: packed), also without a RUN."
    ),
]
Prune = Annotated[
    str | None,
    typer.Option(
        metavar="N...",
        help="n-gram: leave out what was counted at most so often: a number an order, as 0 0 1, the last "
        "for all higher orders too.",
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="n-gram: sort in about so much memory, as 2G (1M at least), and keep all tables in files.",
    ),
]
Tmp = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="With --memory: where the files are, on a disk with room."),
]
Counts = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="n-gram: counts in place of FILES, `w1 w2<TAB>count` a line; may be repeated.",
    ),
]
WriteCounts = Annotated[
    str | None, typer.Option(metavar="FILE", help="n-gram: write the counts too (.gz: packed).")
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", metavar="N", min=1, help="n-gram: threads.  [default: one a core]"),
]


def _train(
    files: options.Files = None,
    output: options.Run = None,
    valid: Valid = None,
    test: Test = None,
    config: options.Config = None,
    resume: Resume = None,
    arpa: Arpa = None,
    prune: Prune = None,
    memory: Memory = None,
    tmp: Tmp = None,
    counts: Counts = None,
    write_counts: WriteCounts = None,
    jobs: Jobs = None,
    tokenizer_option: options.TokenizerOptions = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Train a language model on FILES, or standard input; a line is a sentence.

    Everything goes to the folder RUN: settings, cleaning, tokenizer, vocabulary, weights, the learning
    curve as PNG and JSON lines. Ctrl-C saves; --resume RUN goes on as if nothing had happened. The
    settings may also stand in a TOML file, under the same names with _ for -.

    What is not said comes from the recipe; the defaults shown are those of a recurrent network, and
    RUN/config.toml has what was used.
    """
    quiet = quiet or os.environ.get("RANK", "0") != "0"  # of several processes the first one speaks
    if resume is not None:
        longer = ("epochs", "max_steps")  # what may be said anew
        given = {
            "FILES": files,
            "-o": output,
            "--valid": valid,
            "--test": test,
            "--config": config,
            "--arpa": arpa,
            "--prune": prune,
            "--memory": memory,
            "--tmp": tmp,
            "--counts": counts,
            "--write-counts": write_counts,
            "--jobs": jobs,
            "--tokenizer-option": tokenizer_option,
            "--field": field,
        }
        only_resuming(given, settings, of="text", longer=longer)
        _resume(resume, **{name: settings.get(name) for name in longer}, quiet=quiet)
        return
    _check_output(output, arpa=arpa)
    if prune is not None:
        settings["prune"] = _thresholds(prune)
    checked = gather_settings(LanguageModelConfig, settings, config=config, tokenizer_option=tokenizer_option)
    ngram = _ngram_options(
        checked, arpa=arpa, memory=memory, tmp=tmp, counts=counts, write_counts=write_counts, jobs=jobs
    )
    read_files = [
        *(files or []),
        *(counts or []),
        *(name for name in (valid, test, config, checked.limit_vocab) if name),
    ]
    options.keep_apart({"--output": output, "--arpa": arpa, "--write-counts": write_counts}, read_files)
    if counts and files:
        raise UsageError("--counts are taken in place of a text; leave out FILES")

    def read(names: list[str] | None) -> TextBlocks:
        return read_text(names, field=field, errors=errors)

    with training_bar(quiet=quiet) as watch:
        scores = language_model.train(
            None if counts else read(files),
            checked,
            out=output,
            valid=None if valid is None else read([valid]),
            test=None if test is None else read([test]),
            ngram=ngram,
            watch=watch,
            say=lambda message: say(message, quiet=quiet),
        )
    _report(output, scores, quiet=quiet)


def _check_output(output: str | None, *, arpa: str | None) -> None:
    """Say before the work what would be said after it."""
    if output is None and arpa is None:
        raise UsageError("name the run folder to make with --output RUN")
    if output == "-":
        raise UsageError("a run is a folder, and cannot go to standard output: name one with --output RUN")
    if output is not None:
        if (Path(output) / "manifest.json").exists():
            raise TextkitError(
                f"{output}: there is a run already: go on by --resume {shlex.quote(output)}, "
                "or name another folder"
            )
        options.check_folder(output)


def _thresholds(text: str) -> list[int]:
    """The numbers of --prune."""
    numbers = text.replace(",", " ").split()
    if not numbers or not all(number.isdecimal() for number in numbers):
        raise UsageError(f"--prune takes a count for each order, as 0 0 1, not '{text}'")
    return [int(number) for number in numbers]


def _ngram_options(
    config: LanguageModelConfig,
    *,
    arpa: str | None,
    memory: str | None,
    tmp: str | None,
    counts: list[str] | None,
    write_counts: str | None,
    jobs: int | None,
) -> NgramOptions:
    """What is for n-gram models alone; what cannot work is said before the work."""
    from textkit.tasks.language_model import NgramOptions

    files = {"--arpa": arpa, "--write-counts": write_counts}
    if config.model != "ngram":
        others = {"--memory": memory, "--tmp": tmp, "--counts": counts or None, "--jobs": jobs}
        for name, value in (files | others).items():
            if value is not None:
                raise UsageError(f"{name} is for n-gram models")
    if (
        arpa is not None
        and config.smoothing in ("add-k", "good-turing", "stupid-backoff")
        and config.order > 1
    ):
        raise UsageError(f"--arpa cannot hold the smoothing {config.smoothing}; choose another")
    for name, value in files.items():
        if value is not None and (
            value == "-" or Path(value).is_dir() or not Path(value).absolute().parent.is_dir()
        ):
            raise UsageError(f"{name} {value}: name a file in a folder that exists")
    bound, folder = options.spilling(memory, tmp)
    return NgramOptions(
        counts=tuple(map(Path, counts or ())),
        write_counts=None if write_counts is None else Path(write_counts),
        arpa=None if arpa is None else Path(arpa),
        memory=bound,
        tmp=folder,
        jobs=jobs,
    )


def _resume(run: str, *, epochs: int | None, max_steps: int | None, quiet: bool) -> None:
    with training_bar(quiet=quiet) as watch:
        scores = language_model.resume(
            run,
            epochs=epochs,
            max_steps=max_steps,
            watch=watch,
            say=lambda message: say(message, quiet=quiet),
        )
    _report(run, scores, quiet=quiet)


def _report(run: str | None, scores: dict[str, Any], *, quiet: bool) -> None:
    warn_of_impossible(scores, quiet=quiet)
    if scores:
        print(table(scores.items()))  # noqa: T201
    if run is not None:
        say_recipe(run, quiet=quiet)
        say(f"the model is in {run}; try: textkit generate {run}", quiet=quiet)


command = with_settings(LanguageModelConfig)(_train)


class Command(TyperCommand):
    """Takes the numbers that follow --prune together, as lmplz does: `--prune 0 0 1`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, the numbers being one."""
        if "--prune" in args:
            begin = args.index("--prune") + 1
            end = begin
            while end < len(args) and args[end].isdecimal():
                end += 1
            args = [*args[:begin], *([" ".join(args[begin:end])] if end > begin else []), *args[end:]]
        return super().parse_args(ctx, args)
