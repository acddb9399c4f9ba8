"""Runs of other tasks, told apart from those of language models."""

from __future__ import annotations

from textkit.errors import CheckpointError
from textkit.train.checkpoint import RunFolder

_OTHERS = {
    "classifier": "textkit classify, evaluate and explain are for it",
    "tagger": "textkit tag is for it",
}


def check_language_model(run: RunFolder) -> None:
    """Raise CheckpointError for the run of a classifier or a tagger.

    >>> from pathlib import Path
    >>> check_language_model(RunFolder(Path("stars"), {"kind": "classifier"}))
    Traceback (most recent call last):
    textkit.errors.CheckpointError: stars: holds a classifier, not a language model; textkit classify, ...
    """
    if run.kind in _OTHERS:
        raise CheckpointError(f"{run.path}: holds a {run.kind}, not a language model; {_OTHERS[run.kind]}")
