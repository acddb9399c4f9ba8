"""`textkit lm-info`: what a language model is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from textkit_cli import options
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.tasks.language_model.network_info import NetworkInfo
    from textkit.tasks.language_model.ngram_info import NgramInfo

_UNITS = {"seconds": "{:,.1f} s", "tokens_per_second": "{:,.0f}", "best_valid_loss": "{:.4f} nats a token"}


def command(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A run folder of train-lm, a model folder or an ARPA file.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    output: options.Output = None,
) -> None:
    """Describe a language model.

    Of n-grams: order, n-grams, words, size, smoothing, and whether the model is proper. It is when the
    probabilities of all words after a history sum to one. The empty history, the beginning of a line and
    some hundred n-grams of each order are looked at. Stupid back-off never is proper; quantised models
    are so only nearly.

    Of a network: its parameters by part, the settings worth knowing, how long it was trained and what
    it reached, its files, and its results on held-out texts.
    """
    options.keep_apart({"--output": output}, [model])
    from textkit.tasks.language_model.network_info import describe_network, is_network_run

    info: NetworkInfo | NgramInfo
    if is_network_run(model):
        info = describe_network(model)
        rows = _network_rows(info)
    else:
        from textkit.tasks.language_model.ngram_info import describe_ngram

        info = describe_ngram(model)
        rows = _ngram_rows(info)
    with open_output(output) as file:
        print(json.dumps(info.as_dict(), ensure_ascii=False) if as_json else _table(rows), file=file)


def _ngram_rows(info: NgramInfo) -> list[tuple[str, str]]:
    kinds = {"run": "run folder", "folder": "model folder", "arpa": "ARPA text"}
    sums = f"{info.least_sum:.6f} to {info.greatest_sum:.6f} over {info.histories} histories"
    return [
        ("model", f"{info.path} ({kinds[info.kind]})"),
        ("smoothing", info.smoothing),
        ("order", str(info.order)),
        ("vocabulary", f"{info.vocabulary:,} words"),
        *((f"{k}-grams", f"{size:,}") for k, size in enumerate(info.ngrams, 1)),
        ("logarithms", "8-bit codes" if info.quantised else "float32"),
        ("on disk", f"{info.bytes_on_disk / 1e6:,.1f} MB"),
        ("in memory", f"{info.bytes_in_memory / 1e6:,.1f} MB"),
        ("sums to one", f"{'yes' if info.proper else 'no'}: {sums}"),
        ("signature", info.signature),
        *([("recipe", info.recipe.removeprefix("recipe "))] if info.recipe else []),
        *(("note", note) for note in info.notes),
    ]


def _network_rows(info: NetworkInfo) -> list[tuple[str, str]]:
    results = [
        (
            f"result on {name}",
            f"perplexity {_number(score['perplexity'])}, bits/char {_number(score['bits_per_character'])}",
        )
        for name, score in info.results.items()
    ]
    return [
        ("model", f"{info.path} (run folder, {info.kind})"),
        ("vocabulary", f"{info.vocabulary:,} tokens"),
        ("parameters", f"{info.parameters:,}"),
        *((f"  {name}", f"{count:,}") for name, count in info.parts.items()),
        *((name.replace("_", " "), str(value)) for name, value in info.settings.items()),
        *(
            (
                name.replace("_", " "),
                _UNITS.get(name, "{:,g}" if isinstance(value, float) else "{:,}").format(value),
            )
            for name, value in info.training.items()
        ),
        *results,
        ("on disk", f"{sum(info.files.values()) / 1e6:,.1f} MB"),
        *((f"  {name}", f"{size:,} bytes") for name, size in info.files.items()),
        ("signature", info.signature),
        *([("recipe", info.recipe.removeprefix("recipe "))] if info.recipe else []),
        *(("note", note) for note in info.notes),
    ]


def _number(value: float | None) -> str:
    return "infinite" if value is None else f"{value:.4g}"


def _table(rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)
