"""What runs hold, so that none is taken for one of another kind."""

from __future__ import annotations

from textkit.errors import CheckpointError
from textkit.train.checkpoint import RunFolder

# What each kind is for and how it is made; a run of any other kind holds a language model.
_USES = {
    "classifier": "textkit classify, evaluate and explain are for it",
    "tagger": "textkit tag is for it",
    "translator": "textkit translate is for it",
}
_TRAINING = {"classifier": "train-classifier", "tagger": "train-tagger", "translator": "train-nmt"}
KINDS = tuple(_USES)


def check_kind(run: RunFolder, kind: str) -> None:
    """Raise CheckpointError unless a run holds a `kind`, which is one of KINDS or "language model".

    >>> from pathlib import Path
    >>> check_kind(RunFolder(Path("stars"), {"kind": "classifier"}), "language model")
    Traceback (most recent call last):
    textkit.errors.CheckpointError: stars: holds a classifier, not a language model; textkit classify, ...
    """
    if run.kind == kind or (kind == "language model" and run.kind not in _USES):
        return
    if run.kind in _USES:
        raise CheckpointError(f"{run.path}: holds a {run.kind}, not a {kind}; {_USES[run.kind]}")
    raise CheckpointError(
        f"{run.path}: holds a language model ({run.kind}), not a {kind}; train one with "
        f"textkit {_TRAINING[kind]}"
    )
