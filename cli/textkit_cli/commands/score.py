"""`textkit score`: how well a trained model foresees a text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from textkit.errors import InputError, UsageError
from textkit_cli import adapting, options
from textkit_cli.console import table, warn_of_impossible
from textkit_cli.progress import progress, strides, total_size
from textkit_cli.scoring import OtherTokenizer, Scoring, load, warn_of_unknown
from textkit_cli.token_rows import json_rows, text_rows
from textkit_corpora.blocks import Block, read_blocks
from textkit_corpora.compression import is_standard
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.lm.line_scores import LineScores
    from textkit.lm.score import Score
    from textkit.tasks.language_model.adaptation import Adapted


def command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A run folder of train-lm, a model folder or an ARPA file.",
        ),
    ],
    files: options.Files = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object (with --per-line and --per-token, one a line)."),
    ] = False,
    lines: Annotated[
        bool,
        typer.Option(
            "--per-line",
            help="For each line: natural log probability, tokens, unknown words, perplexity, by tabs.",
        ),
    ] = False,
    tokens: Annotated[
        bool,
        typer.Option(
            "--per-token",
            help="For each line its tokens as KenLM's query prints them, by tabs: word=id, length of the "
            "n-gram found, decimal log probability; then their sum and the number of unknown words. Of a "
            "neural model word=id and natural log probability.",
        ),
    ] = False,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="stream|line",
            help="Neural models: carry the state over line ends or not.  [default: as trained]",
        ),
    ] = None,
    cache: adapting.Cache = False,
    cache_window: adapting.CacheWindow = None,
    cache_theta: adapting.CacheTheta = None,
    cache_weight: adapting.CacheWeight = None,
    dynamic: adapting.Dynamic = None,
    dynamic_steps: adapting.DynamicSteps = None,
    dynamic_decay: adapting.DynamicDecay = None,
    dynamic_rms: adapting.DynamicRms = False,
    tune: adapting.Tune = None,
    tokenizer: OtherTokenizer = None,
    tokenizer_option: options.TokenizerOptions = None,
    output: options.Output = None,
    field: options.Field = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Score text with a trained model: perplexity, bits per character, bits per byte.

    Perplexity counts every token and each line's end; unknown words count at the unknown word's
    probability (KenLM's query calls it "Perplexity including OOVs"). "of known" leaves the unknown
    words out ("Perplexity excluding OOVs"); "tokens" and "unknown" are its "Tokens" and "OOVs". Bits
    are for the text as it is in the file, line ends included, unknown words spelled out at eight bits a
    byte, so that models with different tokens compare.

    Each of several files has a row, and all together the last. Memory does not grow with the text,
    but for neural models that carry their state over line ends, which hold the ids of a whole file.

    --cache and --dynamic let a neural model adapt to the text while it is scored, every token before it
    is learnt from. That is another measure than a plain score, and is labelled: the table names the
    method and its settings, and the JSON object has them under "method".
    """
    if lines and tokens:
        raise UsageError("--per-line and --per-token exclude each other")
    adaption = adapting.Adapting(
        cache=cache, window=cache_window, theta=cache_theta, weight=cache_weight, rate=dynamic,
        steps=dynamic_steps, decay=dynamic_decay, rms=dynamic_rms, tune=tune,
    )  # fmt: skip
    adaption.check()
    if adaption.wanted and (lines or tokens):
        raise UsageError("--per-line and --per-token give plain scores; leave out --cache and --dynamic")
    if context is not None:
        options.choose("context", context, ("stream", "line"))
    names = options.inputs(files)
    options.keep_apart({"--output": output}, [model, *names, *([] if tune is None else [tune])])
    blocks = read_blocks(names, field=field, errors=errors, lively=lines or tokens)
    saved = load(model, tokenizer=tokenizer, tokenizer_option=tokenizer_option)
    if context is not None:
        saved = saved.in_context(context)  # type: ignore[arg-type]
    adapted = adaption.adapt(saved, model, field=field, errors=errors) if adaption.wanted else None
    saved = saved if adapted is None else adapted.saved
    size = total_size(names)
    scoring = Scoring(saved, errors=errors, size=size)
    with open_output(output) as file:
        with progress(
            total=size, quiet=quiet, to_stdout=is_standard(output) and (lines or tokens)
        ) as advance:
            watched = _watched(blocks, advance)
            if tokens:
                _write_tokens(scoring, watched, file, as_json=as_json)
            elif lines:
                _write_lines(scoring, watched, file, as_json=as_json)
            else:
                scores, total = _summaries(scoring, watched)
        if not (tokens or lines):
            warn_of_impossible({"": total}, quiet=quiet)
            warn_of_unknown(total.unknown, total.tokens - total.lines, quiet=quiet)
            summary = (_json_summary if as_json else _table)(scores, total, adapted)
            print(summary, file=file)


def _watched(blocks: Iterable[Block], advance: Callable[[int], object]) -> Iterator[Block]:
    for block in strides(blocks):
        yield block
        advance(block.read)


def _write_tokens(scoring: Scoring, blocks: Iterable[Block], file: TextIO, *, as_json: bool) -> None:
    for piece in scoring.pieces(blocks, spelled=True):
        rows = (json_rows if as_json else text_rows)(scoring.model, piece.text.corpus, piece.tokens)
        file.writelines(rows)


def _write_lines(scoring: Scoring, blocks: Iterable[Block], file: TextIO, *, as_json: bool) -> None:
    for piece in scoring.pieces(blocks):
        file.writelines((_json_lines if as_json else _text_lines)(scoring.score(piece)))


def _summaries(scoring: Scoring, blocks: Iterable[Block]) -> tuple[dict[str, Score], Score]:
    """The score of each file by its name, and that of all."""
    from textkit.lm.score import Score

    scores: dict[str, Score] = {}
    name = ""
    for piece in scoring.pieces(blocks):
        score = scoring.score(piece).total()
        if piece.opens:
            name = piece.file if piece.file not in scores else f"{piece.file} ({len(scores) + 1})"
            scores[name] = score
        else:
            scores[name] = Score.sum([scores[name], score])
    if not scores:
        raise InputError("there is no text to score")
    return scores, Score.sum(scores.values())


def _table(scores: dict[str, Score], total: Score, adapted: Adapted | None) -> str:
    shown = table([("", total)] if len(scores) == 1 else [*scores.items(), ("total", total)])
    return shown if adapted is None else f"with {adapted.label()}\n{shown}"


def _json_summary(scores: dict[str, Score], total: Score, adapted: Adapted | None) -> str:
    method = {} if adapted is None else {"method": adapted.method}
    summary = method | total.as_dict()
    if len(scores) > 1:
        summary["files"] = [{"file": name} | method | score.as_dict() for name, score in scores.items()]
    return json.dumps(summary, ensure_ascii=False)


def _text_lines(scores: LineScores) -> Iterator[str]:
    columns = (scores.log_prob, scores.tokens, scores.unknown, scores.perplexity)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return ("%.6f\t%d\t%d\t%.6g\n" % row for row in rows)  # noqa: UP031 (twice as quick)


def _json_lines(scores: LineScores) -> Iterator[str]:
    columns = scores.columns()
    template = json.dumps(dict.fromkeys(columns, "%s")).replace('"%s"', "%s") + "\n"
    spelled = (["null" if value is None else repr(value) for value in column] for column in columns.values())
    return (template % row for row in zip(*spelled, strict=True))
