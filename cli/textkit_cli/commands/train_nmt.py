"""`textkit train-nmt`: from pairs of sentences to a translator in a run folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textkit.errors import UsageError
from textkit.tasks import translation
from textkit.tasks.translation import TranslatorConfig
from textkit_cli import options
from textkit_cli.columns import aligned
from textkit_cli.console import say
from textkit_cli.recipes import say_recipe
from textkit_cli.settings import gather_settings, only_resuming, with_settings
from textkit_cli.training_bar import training_bar
from textkit_corpora.compression import check_file, is_standard
from textkit_corpora.pairs import read_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textkit.tasks.translation import Result
    from textkit_corpora.pairs import PairRecord

LONGER = ("epochs", "max_steps", "budget")  # what may be said anew of a run that is resumed

Source = Annotated[str | None, typer.Option(metavar="FILE", help="Sentences, one a line; -: standard input.")]
Target = Annotated[str | None, typer.Option(metavar="FILE", help="Their translations, line for line.")]
Pairs = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Pairs in one file instead: .tsv, .csv, .jsonl or .parquet; -: standard input, tab-separated.",
    ),
]
SourceColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="Column or field of the source.  [default: source]")
]
TargetColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="Column or field of the target.  [default: target]")
]
ValidSource = Annotated[
    str | None, typer.Option(metavar="FILE", help="Sentences that choose the best weights.")
]
ValidTarget = Annotated[str | None, typer.Option(metavar="FILE", help="Their translations.")]
ValidPairs = Annotated[str | None, typer.Option(metavar="FILE", help="The same in one file.")]
TestSource = Annotated[str | None, typer.Option(metavar="FILE", help="Sentences to report on at the end.")]
TestTarget = Annotated[str | None, typer.Option(metavar="FILE", help="Their translations.")]
TestPairs = Annotated[str | None, typer.Option(metavar="FILE", help="The same in one file.")]
Resume = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="Go on with an interrupted run, or longer (--epochs, --max-steps, --budget).",
    ),
]


@dataclass(frozen=True)
class _Files:
    """Where the pairs of one kind ("", "valid-", "test-") come from, as options name it."""

    kind: str
    source: str | None
    target: str | None
    pairs: str | None

    @property
    def given(self) -> dict[str, str]:
        named = {"source": self.source, "target": self.target, "pairs": self.pairs}
        return {f"--{self.kind}{name}": file for name, file in named.items() if file is not None}

    def check(self) -> None:
        """Say before the work what can be said."""
        names = [f"--{self.kind}{name}" for name in ("source", "target", "pairs")]
        if self.pairs is not None and (self.source is not None or self.target is not None):
            raise UsageError(f"{names[2]} has both sides: leave out {names[0]} and {names[1]}")
        if (self.source is None) != (self.target is None):
            missing = names[0] if self.source is None else names[1]
            raise UsageError(f"a translator learns from both sides: name the other with {missing}")
        for file in self.given.values():
            check_file(file)

    def read(self, source_column: str | None, target_column: str | None, errors: str) -> Iterator[PairRecord]:
        """The pairs."""
        first = self.source if self.pairs is None else self.pairs
        assert first is not None
        return read_pairs(
            first, self.target, source_column=source_column, target_column=target_column, errors=errors
        )


def _train(
    source: Source = None,
    target: Target = None,
    pairs: Pairs = None,
    source_column: SourceColumn = None,
    target_column: TargetColumn = None,
    output: options.Run = None,
    valid_source: ValidSource = None,
    valid_target: ValidTarget = None,
    valid_pairs: ValidPairs = None,
    test_source: TestSource = None,
    test_target: TestTarget = None,
    test_pairs: TestPairs = None,
    config: options.Config = None,
    resume: Resume = None,
    tokenizer_option: options.TokenizerOptions = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Train a translator on two files, line for line translations of each other, or on a file of pairs.

    Everything goes to the folder RUN: settings, tokenizers, vocabularies, weights, the learning curve.
    Pairs that would do harm are left out and counted. Ctrl-C saves; --resume RUN goes on as if nothing
    had happened. The settings may also stand in a TOML file, under the same names with _ for -.

    What is not said comes from the preset; the defaults shown are those without one, and RUN/config.toml
    has what was used. A preset ends by its budget, or epochs, unless one of --budget, --epochs and
    --max-steps is given.
    """
    quiet = quiet or os.environ.get("RANK", "0") != "0"  # of several processes the first one speaks
    files = {
        "train": _Files("", source, target, pairs),
        "valid": _Files("valid-", valid_source, valid_target, valid_pairs),
        "test": _Files("test-", test_source, test_target, test_pairs),
    }
    named = {option: file for each in files.values() for option, file in each.given.items()}
    if resume is not None:
        given: dict[str, Any] = {
            **named,
            "--source-column": source_column,
            "--target-column": target_column,
            "-o": output,
            "--config": config,
            "--tokenizer-option": tokenizer_option,
        }
        only_resuming(given, settings, of="pairs", longer=LONGER)
        _resume(resume, longer={name: settings.get(name) for name in LONGER}, quiet=quiet)
        return
    if not files["train"].given:
        raise UsageError("name the files to learn from: --source and --target, or --pairs")
    run = options.new_run(output)
    for each in files.values():
        each.check()
    if files["valid"].given and "dev_fraction" in settings:
        raise UsageError("--dev-fraction holds out a part where no validation files are given; leave it out")
    if sum(map(is_standard, named.values())) > 1:
        raise UsageError("standard input can be read once only; name files for the others")
    checked = gather_settings(TranslatorConfig, settings, config=config, tokenizer_option=tokenizer_option)

    from textkit.tasks.translation.learning import MEASURE

    read = {
        name: each.read(source_column, target_column, errors) for name, each in files.items() if each.given
    }
    with training_bar(quiet=quiet, measure=MEASURE) as watch:
        results = translation.train(
            read["train"],
            checked,
            out=run,
            valid=read.get("valid"),
            test=read.get("test"),
            watch=watch,
            say=lambda message: say(message, quiet=quiet),
        )
    _report(run, results, quiet=quiet)


def _resume(run: str, *, longer: dict[str, Any], quiet: bool) -> None:
    from textkit.tasks.translation.learning import MEASURE

    with training_bar(quiet=quiet, measure=MEASURE) as watch:
        results = translation.resume(
            run,
            epochs=longer["epochs"],
            max_steps=longer["max_steps"],
            budget=longer["budget"],
            watch=watch,
            say=lambda message: say(message, quiet=quiet),
        )
    _report(run, results, quiet=quiet)


def _report(run: str, results: dict[str, Result], *, quiet: bool) -> None:
    if not results:  # of several processes the first one has them
        return
    rows = [["", "pairs", "perplexity", "BLEU"]]
    for name, result in results.items():
        bleu = "" if result.bleu is None else f"{result.bleu:.2f}"
        if 0 < result.translated < result.pairs:
            bleu += f" (first {result.translated:,})"
        rows.append([name, f"{result.pairs:,}", f"{result.perplexity:.2f}", bleu])
    print(aligned(rows))  # noqa: T201
    signatures = dict.fromkeys(result.signature for result in results.values() if result.signature)
    for signature in signatures:
        print(f"BLEU: {signature}")  # noqa: T201
    say_recipe(run, quiet=quiet)
    say(f"the translator is in {run}; try: textkit translate {run}", quiet=quiet)


command = with_settings(TranslatorConfig)(_train)
