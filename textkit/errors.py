"""The errors that textkit raises on purpose: one clear line each, saying what, where and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

_SHOWN = 200  # characters of a name that nobody knows


class TextkitError(Exception):
    r"""Something went wrong that the user can mend. The command line exits with status 1.

    The message is one line, whatever it quotes of a file.

    >>> str(TextkitError("no column 'a\nb'"))
    "no column 'a b'"
    """

    def __str__(self) -> str:
        return " ".join(super().__str__().splitlines())


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
    nearest = difflib.get_close_matches(name[:_SHOWN], names, n=1)
    remedy = (
        f"did you mean '{nearest[0]}'? (known: {', '.join(names)})"
        if nearest
        else f"known: {', '.join(names)}"
    )
    return UsageError(f"unknown {kind} '{name if len(name) <= _SHOWN else name[:_SHOWN] + '…'}': {remedy}")


def is_nul(error: BaseException) -> bool:
    """Whether Python refused the name of a file because of a NUL in it.

    >>> is_nul(ValueError("embedded null byte")), is_nul(ValueError("stat: embedded null character in path"))
    (True, True)
    """
    return isinstance(error, ValueError) and "embedded null" in str(error)


def reason_of(error: Exception) -> str:
    """Why the system refused something, for the end of a message.

    >>> reason_of(FileNotFoundError(2, "No such file or directory", "a.txt"))
    'no such file or directory'
    """
    if is_nul(error):  # Python's own words for it change with its version
        return "its name holds a NUL"
    return (getattr(error, "strerror", None) or str(error)).lower()


def unreadable(path: Path | str, error: Exception) -> CheckpointError:
    """The error for a file of ours that cannot be read.

    >>> unreadable("vocab.txt", PermissionError(13, "Permission denied"))
    CheckpointError('vocab.txt: cannot be read: permission denied')
    """
    return CheckpointError(f"{path}: cannot be read: {reason_of(error)}")


def newer_advice(found: object, known: int) -> str:
    """How the error for a file of another format ends, when a newer textkit wrote it; else nothing.

    >>> newer_advice(2, 1), newer_advice("x", 1)
    ('; it was written by a newer textkit: update textkit', '')
    """
    newer = isinstance(found, int) and found > known
    return "; it was written by a newer textkit: update textkit" if newer else ""


def printable(message: str) -> str:
    r"""`message` on one line, control characters spelt out: it may quote what a file holds to a terminal.

    >>> print(printable("bad word '\x1b[31mred'\nand more"))
    bad word '\x1b[31mred' and more
    """
    return visible(" ".join(message.splitlines()))


def visible(text: str) -> str:
    r"""`text` with what cannot be seen spelled out, so that it cannot steer a terminal.

    >>> visible("\x1b[31mred")
    '\\x1b[31mred'
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


class Interrupted(TextkitError):  # noqa: N818 - an event, not a fault
    """Work stopped at a safe point because of a signal; the message says how to go on.

    `status` is the exit status the shell expects: 128 plus the signal's number.
    """

    status: int

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.status = 128 + signal
