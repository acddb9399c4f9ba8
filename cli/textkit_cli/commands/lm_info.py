"""`textkit lm-info`: what an n-gram model is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from textkit_cli import options
from textkit_corpora.writers import open_output

if TYPE_CHECKING:
    from textkit.tasks.language_model.ngram_info import NgramInfo


def command(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A run folder of train-lm, a model folder or an ARPA file.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    output: options.Output = None,
) -> None:
    """Describe an n-gram model: its order, n-grams, words, size, smoothing, and whether it is proper.

    A model is proper when the probabilities of all words after a history sum to one. The empty history,
    the beginning of a line and some hundred n-grams of each order are looked at. Stupid back-off never is
    proper; quantised models are so only nearly.
    """
    from textkit.tasks.language_model.ngram_info import describe_ngram

    info = describe_ngram(model)
    with open_output(output) as file:
        print(json.dumps(info.as_dict(), ensure_ascii=False) if as_json else _table(info), file=file)


def _table(info: NgramInfo) -> str:
    kinds = {"run": "run folder", "folder": "model folder", "arpa": "ARPA text"}
    sums = f"{info.least_sum:.6f} to {info.greatest_sum:.6f} over {info.histories} histories"
    rows = [
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
        *(("note", note) for note in info.notes),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)
