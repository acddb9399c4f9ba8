"""Where commands write n-gram models, and what they say of their size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import UsageError
from textkit_cli import options

if TYPE_CHECKING:
    from textkit.lm.ngram import NgramModel

Out = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="OUT",
        help="ARPA text where the name ends in .arpa or .gz; else a new model folder.",
        show_default=False,
    ),
]


def check_ngram_output(out: str, inputs: Sequence[str], *, option: str = "--output") -> None:
    """Raise TextkitError, before the work, where no model could be written after it, or over an input."""
    from textkit.tasks.language_model.ngram_file import is_arpa_name

    path = Path(out)
    if out == "-":
        raise UsageError("name the ARPA file or model folder to write: it is no stream")
    if not is_arpa_name(path):
        options.check_folder(out)
        return
    options.keep_apart({option: out}, inputs)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(f"{out}: name a file in a folder that exists")


def sizes(model: NgramModel) -> list[int]:
    """How many n-grams of each order, `<s>` counted among the words."""
    return [model.trie.size(k) for k in range(1, model.order + 1)]


def size_cells(numbers: Sequence[int], *, order: int) -> list[str]:
    """The cells of a table for a model's sizes, of `order` columns and their sum."""
    return [*(f"{n:,}" for n in numbers), *[""] * (order - len(numbers)), f"{sum(numbers):,}"]


def size_headings(order: int) -> list[str]:
    """What stands above them."""
    return [*(f"{k}-grams" for k in range(1, order + 1)), "all"]
