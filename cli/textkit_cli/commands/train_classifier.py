"""`textkit train-classifier`: from labelled texts to a classifier in a run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textkit.errors import TextkitError, UsageError
from textkit.tasks.classification.config import ClassifierConfig
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.labelled import LabelColumn, LabelledFiles, TextColumn
from textkit_cli.recipes import say_recipe
from textkit_cli.settings import gather_settings, only_resuming, with_settings

if TYPE_CHECKING:
    from textkit.tasks.classification import CrossValidation, Evaluation, LabelledTexts

Train = Annotated[
    str | None,
    typer.Argument(metavar="TRAIN", help="Labelled texts; - for standard input.", show_default=False),
]
Dev = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Labelled texts that decide when a network stops, and thresholds."),
]
Test = Annotated[str | None, typer.Option(metavar="FILE", help="Labelled texts to report on at the end.")]
Unlabelled = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Texts without labels, for --semi: lines, or a column of records."),
]
Folds = Annotated[
    int | None,
    typer.Option(
        metavar="K",
        min=2,
        help="Cross-validation: train and measure on each of K folds; needs no RUN.",
        show_default=False,
    ),
]
Tune = Annotated[
    str | None,
    typer.Option(
        "--tune-threshold",
        metavar="dev",
        help="Choose the thresholds of the answers for the best macro-F1 on the texts of --dev.",
        show_default=False,
    ),
]
Resume = Annotated[
    str | None, typer.Option(metavar="RUN", help="Go on with a network's training, or longer (--epochs).")
]
Json = Annotated[bool, typer.Option("--json", help="Print what was measured as one JSON object.")]


def _train(
    train: Train = None,
    output: options.Run = None,
    dev: Dev = None,
    test: Test = None,
    unlabelled: Unlabelled = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    folds: Folds = None,
    tune_threshold: Tune = None,
    config: options.Config = None,
    resume: Resume = None,
    tokenizer_option: options.TokenizerOptions = None,
    as_json: Json = False,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Train a classifier of texts on TRAIN, and measure it on the texts of --dev and --test.

    TRAIN is a .tsv, .csv, .jsonl or .parquet file, packed or not, with a text and a label a record. A
    TSV without a header, and whatever has another name, is label, a tab, text.

    Everything goes to the folder RUN: settings, cleaning, tokenizer, weights, results. The presets
    linear and fast are fitted in seconds. Networks stop by --dev, else by a tenth of TRAIN held out;
    Ctrl-C saves, and --resume RUN goes on as if nothing had happened.

    --folds K tells how good a preset is on TRAIN: the mean over K folds with its standard error. The
    folds depend on TRAIN and --seed alone, so that presets compare on the same ones.
    """
    if resume is not None:
        given = {
            "TRAIN": train,
            "-o": output,
            "--dev": dev,
            "--test": test,
            "--unlabelled": unlabelled,
            "--text-column": text_column,
            "--label-column": label_column,
            "--folds": folds,
            "--tune-threshold": tune_threshold,
            "--config": config,
            "--tokenizer-option": tokenizer_option or None,
        }
        only_resuming(given, settings, of="texts")
        _resume(resume, epochs=settings.get("epochs"), as_json=as_json, quiet=quiet)
        return
    if train is None:
        raise UsageError("name the file of labelled texts to learn from; - for standard input")
    _check_output(output, folds=folds, measured=bool(dev or test))
    files = LabelledFiles(train, dev, test, unlabelled, text_column, label_column, errors)
    files.check(output)
    if tune_threshold is not None:
        options.choose("set of texts to tune on", tune_threshold, ("dev",))
        if dev is None:
            raise UsageError("--tune-threshold dev needs the texts of --dev")
    checked = gather_settings(ClassifierConfig, settings, config=config, tokenizer_option=tokenizer_option)
    if (unlabelled is None) != (checked.semi == "none"):
        raise UsageError("--unlabelled FILE and --semi self-training, entropy or consistency go together")
    if dev is not None and folds is None and "dev_fraction" in settings:
        raise UsageError("--dev-fraction holds out a part where --dev is not given; leave out one of them")
    texts, held_out, more = files.read(say=lambda message: say(message, quiet=quiet))
    validated = None
    if folds is not None:
        if tune_threshold is not None:
            say("the folds are measured without thresholds; those tuned on dev are the run's", quiet=quiet)
        validated = _cross_validate(
            texts, checked, folds=folds, unlabelled=more, as_json=as_json, quiet=quiet
        )
    if output is None:
        if validated is not None and as_json:
            _print_json(validated.as_dict())
        return
    from textkit.tasks import classification
    from textkit_cli.training_bar import training_bar

    with training_bar(quiet=quiet) as watch:
        results = classification.train(
            texts,
            checked,
            out=output,
            dev=held_out.get("dev"),
            test=held_out.get("test"),
            unlabelled=more,
            tune_threshold=tune_threshold is not None,
            watch=watch,
            say=lambda message: say(message, quiet=quiet),
        )
    _report(output, results, validated=validated, as_json=as_json, quiet=quiet)


def _check_output(output: str | None, *, folds: int | None, measured: bool) -> None:
    """Say before the work what would be said after it."""
    if output is None:
        if folds is None:
            raise UsageError("name the run folder to make with --output RUN")
        if measured:
            raise UsageError(
                "--folds measures on parts of TRAIN; leave out --dev and --test, or name an --output"
            )
        return
    if not output:
        raise UsageError("the name of the run folder is empty; name the one to make with --output RUN")
    if output == "-":
        raise UsageError("a run is a folder, and cannot go to standard output: name one with --output RUN")
    if (Path(output) / "manifest.json").exists():
        raise TextkitError(f"{output}: there is a run already: remove it, or name another folder")
    options.check_folder(output)


def _cross_validate(
    texts: LabelledTexts,
    config: ClassifierConfig,
    *,
    folds: int,
    unlabelled: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> CrossValidation:
    """What the folds measure; as a table it is printed at once."""
    from textkit.tasks import classification
    from textkit_cli.measures import fold_table
    from textkit_cli.training_bar import training_bar

    with training_bar(quiet=quiet) as watch:
        found = classification.cross_validate(
            texts,
            config,
            folds=folds,
            unlabelled=unlabelled,
            watch=watch,
            say=lambda message: say(message, quiet=quiet),
        )
    if not as_json:
        print(f"{config.preset}, {folds} folds, seed {found.seed}\n{fold_table(found)}")  # noqa: T201
    return found


def _resume(run: str, *, epochs: int | None, as_json: bool, quiet: bool) -> None:
    from textkit.tasks import classification
    from textkit_cli.training_bar import training_bar

    with training_bar(quiet=quiet) as watch:
        results = classification.resume(
            run, epochs=epochs, watch=watch, say=lambda message: say(message, quiet=quiet)
        )
    _report(run, results, as_json=as_json, quiet=quiet)


def _report(
    run: str,
    results: dict[str, Evaluation],
    *,
    validated: CrossValidation | None = None,
    as_json: bool,
    quiet: bool,
) -> None:
    from textkit_cli.measures import summary_table

    if as_json:
        folds = {} if validated is None else {"cross_validation": validated.as_dict()}
        _print_json(folds | {name: result.as_dict() for name, result in results.items()})
    elif results:
        print(summary_table(results))  # noqa: T201
    say_recipe(run, quiet=quiet)
    say(f"the classifier is in {run}; try: textkit classify {run} FILE", quiet=quiet)


def _print_json(measured: dict[str, Any]) -> None:
    print(json.dumps(measured, ensure_ascii=False))  # noqa: T201


command = with_settings(ClassifierConfig)(_train)
