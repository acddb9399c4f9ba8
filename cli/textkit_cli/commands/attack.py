"""`textkit attack`: how little must change before a classifier errs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, cast

import typer

from textkit.errors import UsageError, visible
from textkit_cli import options
from textkit_cli.columns import aligned
from textkit_cli.console import say
from textkit_cli.labelled import LabelColumn, TextColumn, read_labelled_texts
from textkit_corpora.compression import check_file

if TYPE_CHECKING:
    from textkit.tasks.classification.robustness import Method, Robustness

METHODS = ("fgsm", "pgd", "delete", "substitute")
ON_VECTORS, ON_WORDS = METHODS[:2], METHODS[2:]
STEPS = 10


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-classifier.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="Labelled texts; - for standard input.")],
    method: Annotated[
        list[str] | None,
        typer.Option(
            metavar="|".join(METHODS),
            help="fgsm, pgd: move the word vectors of a network, in one step or several; delete, "
            "substitute: leave words out or replace them, of any classifier; may be repeated.  "
            "[default: all that apply]",
            show_default=False,
        ),
    ] = None,
    epsilon: Annotated[
        list[float] | None,
        typer.Option(
            metavar="X",
            help="fgsm, pgd: how far each vector may move, as a share of their mean length; may be repeated. "
            "[default: 0.2]",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="pgd: steps of the attack.")] = STEPS,
    budget: Annotated[
        list[float] | None,
        typer.Option(
            metavar="X",
            help="delete, substitute: the share of a text's words that may change; may be repeated.  "
            "[default: 0.2]",
            show_default=False,
        ),
    ] = None,
    learn_from: Annotated[
        str | None,
        typer.Option(
            metavar="F",
            help="substitute: labelled texts to learn from which words may replace which.  [default: FILE]",
            show_default=False,
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--texts", metavar="N", min=1, help="Attack N texts at most, drawn at random.")
    ] = 1000,
    examples: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show N texts on which an attack on words succeeded.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same texts.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Measure how a classifier's accuracy falls when its texts are changed to mislead it.

    Attacks on word vectors say how rough a network is around its texts; no text need have those vectors.
    Attacks on words try those first whose loss costs the right answer most, and end with the budget.
    Substitutes are words that stand between the same neighbours, of those that do not lean to another
    class; whether a changed text still means the same only people can tell (--examples). Networks that
    are to stand such attacks are trained with: textkit train-classifier --adversarial fgsm.
    """
    wanted = [options.choose("attack", name, METHODS) for name in method or ()]
    for value in epsilon or ():
        if not 0 < value < math.inf:
            raise UsageError(f"--epsilon must be above 0 and finite, not {value}")
    for value in budget or ():
        if not 0 <= value <= 1:
            raise UsageError(f"--budget is a share of the words, between 0 and 1, not {value}")
    for name in (file, learn_from):
        if name is not None:
            check_file(name)
    from textkit.tasks.classification import load_classifier
    from textkit.tasks.classification.robustness import Strength, methods_of, robustness, sample

    saved = load_classifier(run)
    attacks = cast("list[Method]", wanted) or methods_of(saved.classifier)
    for option, given, heeding in (
        ("--epsilon", epsilon, ON_VECTORS),
        ("--steps", steps != STEPS, ("pgd",)),
        ("--budget", budget, ON_WORDS),
        ("--learn-from", learn_from, ("substitute",)),
        ("--examples", examples, ON_WORDS),
    ):
        if given and not {*heeding} & {*attacks}:
            named = " and ".join(attacks)
            raise UsageError(f"{option} is for {' and '.join(heeding)}, not for {named}: leave it out")
    texts, learnt = (
        None
        if name is None
        else read_labelled_texts(
            name, text_column=text_column, label_column=label_column, errors=errors, labels=saved.labels
        )[0]
        for name in (file, learn_from)
    )
    assert texts is not None
    chosen = sample(texts, most, seed=seed)
    if len(chosen) < len(texts):
        say(f"{len(chosen):,} of {len(texts):,} texts are attacked; --texts changes that", quiet=quiet)
    results = []
    for name in attacks:
        on_vectors = name in ON_VECTORS
        for value in (epsilon if on_vectors else budget) or [0.2]:
            strength = Strength(epsilon=value, steps=steps) if on_vectors else Strength(budget=value)
            results.append(
                robustness(
                    saved,
                    chosen,
                    method=name,
                    strength=strength,
                    learn_from=learnt or texts,
                    examples=examples,
                )
            )
    if as_json:
        print(json.dumps({"file": file, "attacks": [each.as_dict() for each in results]}, ensure_ascii=False))  # noqa: T201
    else:
        print(_text(results))  # noqa: T201


def _text(results: list[Robustness]) -> str:
    rows = [["attack", "budget", "accuracy", "attacked", "fall", "words changed"]]
    for each in results:
        changed = "" if each.changed is None else f"{each.changed:.1%}"
        shares = [each.accuracy, each.attacked, each.accuracy - each.attacked]
        rows.append([each.method, f"{each.strength:g}", *(f"{share:.1%}" for share in shares), changed])
    lines = [aligned(rows)]
    for each in results:
        for example in each.examples:
            changes = [f"{visible(old)} → {visible(new) or '(left out)'}" for old, new in example.changes]
            lines += ["", f"{each.method}, right answer {visible(example.label)}: {', '.join(changes)}"]
            lines += [f"  {visible(example.text)}", f"  {visible(example.attacked)}"]
    return "\n".join(lines)
