"""`textkit lm-prune`: an n-gram model made smaller by what its n-grams are worth."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import typer

from textkit_cli import options
from textkit_cli.columns import aligned
from textkit_cli.console import say
from textkit_cli.ngram_output import Out, check_ngram_output, size_cells, size_headings, sizes


def command(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A run folder of train-lm, a model folder or an ARPA file.")
    ],
    output: Out,
    threshold: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="n-grams go that would each raise the model's perplexity by less than this share.",
        ),
    ] = 1e-8,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Make an n-gram model smaller by what its n-grams are worth: entropy pruning.

    An n-gram goes if its own loss would change the model's distribution so little that the perplexity
    rises by less than the threshold (Stolcke 1998; SRILM's ngram -prune). Usual are 1e-9 to 1e-6; 0
    drops nothing. n-grams that begin longer ones that stay are kept, and back-off weights are computed
    anew. The numbers of n-grams before and after are printed.

    Models of add-k and of stupid back-off cannot be pruned. There is no pruning by counts here, since a
    trained model has none: for that, train again with train-lm --prune.
    """
    check_ngram_output(output, [model])
    from textkit.lm.pruning import prune_entropy
    from textkit.tasks.language_model.ngram_file import read_ngram_file, write_ngram_file

    saved = read_ngram_file(model)
    pruned = prune_entropy(saved.model, threshold)
    write_ngram_file(replace(saved, model=pruned), output)
    before, after = sizes(saved.model), sizes(pruned)
    if as_json:
        result = {"threshold": threshold, "before": before, "after": after, "output": output}
        print(json.dumps(result, ensure_ascii=False))  # noqa: T201
        return
    order = len(before)
    shares = [(after[k] if k < len(after) else 0) / size if size else 1.0 for k, size in enumerate(before)]
    share = [*(f"{each:.1%}" for each in shares), f"{sum(after) / sum(before):.1%}"]
    rows = [["", *size_headings(order)], ["before", *size_cells(before, order=order)]]
    print(aligned([*rows, ["after", *size_cells(after, order=order)], ["kept", *share]]))  # noqa: T201
    say(f"the model is in {output}", quiet=quiet)
