"""`textkit evaluate`: what a classifier is worth on labelled texts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textkit.errors import UsageError
from textkit_cli import options
from textkit_cli.console import say
from textkit_cli.deciding import Threshold, Unsure, load_deciding
from textkit_cli.labelled import LabelColumn, TextColumn, read_labelled_texts
from textkit_corpora.compression import check_file

if TYPE_CHECKING:
    from textkit.tasks.classification.evaluation import Evaluation, Mistake


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of train-classifier.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="Labelled texts; - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    mistakes: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show the N wrong answers that were surest.")
    ] = 0,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="PNG",
            help="Draw the confusion matrix and how far probabilities hold.",
            show_default=False,
        ),
    ] = None,
    unsure: Unsure = 0.0,
    threshold: Threshold = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    errors: options.Errors = "strict",
    quiet: options.Quiet = False,
) -> None:
    """Measure a classifier on labelled texts that it has not learnt from.

    Accuracy with the interval in which 95 % of such sets of texts would have it, macro-F1, the accuracy
    of always giving the commonest label, the confusion matrix, and the calibration error: by how much
    the probabilities of the answers are off, in 15 equally wide bins. With --unsure, accuracy and F1
    are those of all answers, as if none were withheld; the share answered and its accuracy stand beside.

    FILE is read as train-classifier reads it. A label that the classifier does not know is an error.
    """
    check_file(file)
    options.keep_apart({"--plot": plot}, [file])
    if plot is not None and not plot.lower().endswith(".png"):
        raise UsageError(f"--plot {plot}: a picture is a .png file")
    if plot is not None and not (folder := Path(plot).parent).is_dir():
        raise UsageError(f"--plot {plot}: there is no folder {folder}; make it first")
    saved = load_deciding(run, threshold=threshold, unsure=unsure)
    texts, places = read_labelled_texts(
        file, text_column=text_column, label_column=label_column, errors=errors, labels=saved.labels
    )
    from textkit.tasks.classification.evaluation import evaluate, worst_mistakes

    probabilities = saved.probabilities(texts.texts)
    result = evaluate(probabilities, texts.classes, saved.labels, decision=saved.decision)
    worst = worst_mistakes(texts, probabilities, count=mistakes, decision=saved.decision, places=places)
    if plot is not None:
        from textkit.tasks.classification.evaluation_plot import draw_evaluation

        draw_evaluation(result, plot, say=lambda message: say(message, quiet=quiet))
    print(_json(result, worst if mistakes else None, file) if as_json else _text(result, worst))  # noqa: T201


def _json(result: Evaluation, worst: list[Mistake] | None, file: str) -> str:
    document: dict[str, Any] = {"file": file} | result.as_dict()
    if worst is not None:
        document["mistakes"] = [asdict(each) for each in worst]
    return json.dumps(document, ensure_ascii=False)


def _text(result: Evaluation, worst: list[Mistake]) -> str:
    from textkit_cli import measures

    parts = [measures.summary_table({"all": result}), measures.class_table(result)]
    if len(result.labels) <= measures.MANY:
        parts.append(measures.confusion_table(result))
    parts.append(measures.reliability_table(result))
    if worst:
        parts.append(measures.mistake_lines(worst))
    return "\n\n".join(parts)
