"""How a classifier is to decide, as commands take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from textkit.errors import UsageError

if TYPE_CHECKING:
    from textkit.tasks.classification import SavedClassifier

Threshold = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[LABEL=]P",
        help="Give a label from this probability on: of two classes P alone is for the second in order. Of "
        "more, the label whose probability is largest beside its threshold wins; may be repeated.  "
        "[default: as trained, the likeliest]",
        show_default=False,
    ),
]
Unsure = Annotated[
    float,
    typer.Option(
        metavar="P",
        help="Where the answer's probability is lower, the answer is 'unsure'.  [default: 0, never]",
        show_default=False,
    ),
]


def load_deciding(run: str, *, threshold: list[str] | None, unsure: float) -> SavedClassifier:
    """The classifier of a run, deciding as the options say; raises UsageError for what they cannot say."""
    given: dict[str, float] = {}
    bare = [each for each in threshold or () if "=" not in each]
    if bare and len(threshold or ()) > 1:
        raise UsageError("--threshold P says all for two classes; of more say LABEL=P, once a label")
    for each in threshold or ():
        label, equals, number = each.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise UsageError(f"--threshold is P or LABEL=P, P a probability, not '{each}'") from None
        if equals and label in given:
            raise UsageError(f"--threshold {label} is given twice")
        given[label] = value
    from textkit.tasks.classification import load_classifier

    saved = load_classifier(run)
    if bare:
        if len(saved.labels) != 2:
            raise UsageError(
                f"--threshold {bare[0]} does not say of which label: LABEL=P "
                f"(labels: {', '.join(saved.labels[:10])})"
            )
        given = {saved.labels[1]: given[""]}
    return saved.deciding(thresholds=given or None, unsure=unsure)
