"""`textkit train-tagger`: from tagged sentences to a tagger in a run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from textkit.errors import UsageError
from textkit.tasks import tagging
from textkit.tasks.tagging import TaggerConfig
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.recipes import say_recipe
from textkit_cli.settings import gather_settings, only_resuming, with_settings
from textkit_cli.tagging import by_label, summary
from textkit_cli.training_bar import training_bar
from textkit_corpora.compression import is_standard
from textkit_corpora.tagged import read_tagged

if TYPE_CHECKING:
    from textkit.data.spans import SpanReport

Train = Annotated[
    str | None,
    typer.Argument(metavar="TRAIN", help="Tagged sentences: .jsonl or CoNLL; -: standard input."),
]
Dev = Annotated[str | None, typer.Option(metavar="FILE", help="Sentences that decide when to stop.")]
Test = Annotated[str | None, typer.Option(metavar="FILE", help="Sentences to report on at the end.")]
Resume = Annotated[
    str | None, typer.Option(metavar="RUN", help="Go on with an interrupted run, or longer (--epochs).")
]


def _train(
    train: Train = None,
    output: options.Run = None,
    dev: Dev = None,
    test: Test = None,
    config: options.Config = None,
    resume: Resume = None,
    tokenizer_option: options.TokenizerOptions = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Train a recurrent tagger on TRAIN: each token has a BIO tag, B-city I-city O.

    TRAIN is a .jsonl file of objects with the lists "tokens" and "tags", or plain text with a token and
    its tag on each line and a blank line after each sentence. Everything goes to the folder RUN. Ctrl-C
    saves; --resume RUN goes on as if nothing had happened. Precision, recall and F1 are those of whole
    spans, as seqeval computes them.
    """
    if resume is not None:
        given = {
            "TRAIN": train,
            "-o": output,
            "--dev": dev,
            "--test": test,
            "--config": config,
            "--tokenizer-option": tokenizer_option,
        }
        only_resuming(given, settings, of="sentences")
        _resume(resume, epochs=settings.get("epochs"), quiet=quiet)
        return
    if train is None:
        raise UsageError("name the file of tagged sentences to learn from")
    run = options.new_run(output)
    files = [each for each in (train, dev, test) if each]
    if sum(map(is_standard, files)) > 1:
        raise UsageError("standard input can be read once only; name files for the others")
    checked = gather_settings(TaggerConfig, settings, config=config, tokenizer_option=tokenizer_option)
    if dev is not None and "dev_fraction" in settings:
        raise UsageError("--dev-fraction holds out a part where --dev is not given; leave out one of them")

    from textkit.tasks.tagging.learning import MEASURE

    with training_bar(quiet=quiet, measure=MEASURE) as watch:
        reports = tagging.train(
            read_tagged(train, errors=errors),
            checked,
            out=run,
            dev=None if dev is None else read_tagged(dev, errors=errors),
            test=None if test is None else read_tagged(test, errors=errors),
            watch=watch,
            say=lambda message: say(message, quiet=quiet),
        )
    _report(run, reports, quiet=quiet)


def _resume(run: str, *, epochs: int | None, quiet: bool) -> None:
    from textkit.tasks.tagging.learning import MEASURE

    with training_bar(quiet=quiet, measure=MEASURE) as watch:
        reports = tagging.resume(
            run, epochs=epochs, watch=watch, say=lambda message: say(message, quiet=quiet)
        )
    _report(run, reports, quiet=quiet)


def _report(run: str, reports: dict[str, SpanReport], *, quiet: bool) -> None:
    print(summary(reports))  # noqa: T201
    name, last = list(reports.items())[-1]
    print(f"\n{name}:\n{by_label(last)}")  # noqa: T201
    say_recipe(run, quiet=quiet)
    say(f"the tagger is in {run}; try: textkit tag {run}", quiet=quiet)


command = with_settings(TaggerConfig)(_train)
