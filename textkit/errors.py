"""The errors that textkit raises on purpose: one clear line each, saying what, where and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TextkitError(Exception):
    """Something went wrong that the user can mend. The command line exits with status 1."""


class UsageError(TextkitError):
    """The request itself makes no sense (unknown name, contradicting options). Exit status 2."""


class InputError(TextkitError):
    """Data that cannot be read or understood: missing, malformed, wrongly encoded, empty."""


class StageError(TextkitError):
    """A pipeline stage failed; the message names the stage and the record."""


class CheckpointError(TextkitError):
    """A saved artefact (run, pipeline, vocabulary, model) is missing, damaged or of another version."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that is not one of `known`: it suggests the nearest.

    >>> str(unknown_name("tokenizer", "jeiba", ["jieba", "spacy"]))
    "unknown tokenizer 'jeiba': did you mean 'jieba'? (known: jieba, spacy)"
    """
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1)
    remedy = (
        f"did you mean '{nearest[0]}'? (known: {', '.join(names)})"
        if nearest
        else f"known: {', '.join(names)}"
    )
    return UsageError(f"unknown {kind} '{name}': {remedy}")


class Interrupted(TextkitError):  # noqa: N818 - an event, not a fault
    """Work stopped at a safe point because of a signal; the message says how to go on.

    `status` is the exit status the shell expects: 128 plus the signal's number.
    """

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.status = 128 + signal
