"""`textkit bleu`: how good translations are against references."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import InputError, UsageError
from textkit_cli import options
from textkit_cli.columns import aligned
from textkit_cli.console import say
from textkit_corpora.compression import is_standard
from textkit_corpora.readers import read_lines

if TYPE_CHECKING:
    from textkit.tasks.translation.scoring import Compared, Measured, Scorer


def command(
    hypotheses: Annotated[
        str, typer.Argument(metavar="HYP", help="Translations, a line each; none or - for standard input.")
    ] = "-",
    references: Annotated[
        list[str] | None,
        typer.Option(
            "--ref", metavar="F", help="The right translations; repeat it for several.", show_default=False
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="F", help="Translations by another system, to compare with.", show_default=False
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="bleu|chrf|ter", help="May be repeated.  [default: bleu, chrf]"),
    ] = None,
    language: Annotated[
        str,
        typer.Option(
            "--target-language",
            metavar="CODE",
            help="Such as zh or en.  [default: as the references look]",
            show_default=False,
        ),
    ] = "",
    tokenizer: Annotated[
        str | None,
        typer.Option(
            "--tokenize",
            metavar="13a|intl|zh|char|ja-mecab|ko-mecab|none",
            help="How BLEU finds words.  [default: as suits the language]",
            show_default=False,
        ),
    ] = None,
    lowercase: Annotated[bool, typer.Option("--lowercase", help="Take no notice of capitals.")] = False,
    confidence: Annotated[bool, typer.Option(help="Resample the lines to get 95 % intervals.")] = True,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of the resampling.")] = 12345,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Measure translations: BLEU and chrF by sacrebleu, with its signature and 95 % intervals.

    Line N of HYP is compared with line N of each --ref; give text as people read it, not tokens. The
    tokenizer follows the target language: zh for Chinese, ja-mecab and ko-mecab, or char where these are
    not installed, for Japanese and Korean, 13a for all others. Scores are comparable where the signatures
    are equal. Intervals come from 1,000 resampled sets of lines, as does p with --baseline: how probable a
    difference as large is when there is none.
    """
    if not references:
        raise UsageError("name a file with the right translations: --ref F")
    files = [hypotheses, *references, *([baseline] if baseline else [])]
    if sum(map(is_standard, files)) > 1:
        raise UsageError("standard input can be read once only; name files for the others")
    from textkit.tasks.translation.scoring import RESAMPLES, Scorer

    scorer = Scorer(
        metrics=tuple(dict.fromkeys(metrics or ("bleu", "chrf"))),
        language=language,
        splitting=tokenizer,
        lowercase=lowercase,
        resamples=RESAMPLES if confidence else 0,
        seed=seed,
        say=lambda line: say(line, quiet=quiet),
    )
    lines = {file: list(read_lines(file, field=field, errors=errors)) for file in dict.fromkeys(files)}
    for file in files:
        if len(lines[file]) != len(lines[hypotheses]):
            raise InputError(
                f"{_name(hypotheses)} has {len(lines[hypotheses])} lines, {_name(file)} has "
                f"{len(lines[file])}; they must be translations of the same lines"
            )
    right = [lines[file] for file in references]
    measured = scorer.measure(lines[hypotheses], right)
    compared = [] if baseline is None else _compare(scorer, lines[hypotheses], lines[baseline], right)
    print(_json(measured, compared) if as_json else _text(measured, compared))  # noqa: T201


def _compare(
    scorer: Scorer, hypotheses: list[str], baseline: list[str], references: list[list[str]]
) -> list[Compared]:
    import dataclasses

    return dataclasses.replace(scorer, say=lambda _line: None).compare(hypotheses, baseline, references)


def _name(file: str) -> str:
    return "standard input" if is_standard(file) else file


def _text(measured: list[Measured], compared: list[Compared]) -> str:
    heads, rows = ["", "score"], [[each.name, f"{each.score:.2f}"] for each in measured]
    if measured[0].interval is not None:
        heads.append("95 % interval")
        for row, each in zip(rows, measured, strict=True):
            low, high = each.interval or (each.score, each.score)
            row.append(f"{low:.2f} to {high:.2f}")
    if compared:
        heads += ["baseline", "difference", "p"]
        for row, difference in zip(rows, compared, strict=True):
            row += [f"{difference.baseline:.2f}", f"{difference.difference:+.2f}", f"{difference.p:.3f}"]
    signatures = "\n".join(f"{each.name}|{each.signature}" for each in measured)
    return f"{aligned([heads, *rows])}\n\n{signatures}"


def _json(measured: list[Measured], compared: list[Compared]) -> str:
    result: dict[str, dict[str, object]] = {}
    for each in measured:
        result[each.name] = {"score": each.score, "signature": each.signature}
        if each.interval is not None:
            result[each.name] |= {"mean": each.mean, "interval": each.interval}
    for other in compared:
        result[other.name] |= {"baseline": other.baseline, "difference": other.difference, "p": other.p}
    return json.dumps(result)
