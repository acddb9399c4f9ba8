"""What scikit-learn hands over as X, where it should be texts."""

from __future__ import annotations

from collections.abc import Iterable

from textkit.errors import InputError


def texts_of(given: Iterable[str]) -> list[str]:
    """A list of the texts; raises InputError, with the number, for what is no text.

    >>> texts_of(["to be", 7])
    Traceback (most recent call last):
    textkit.errors.InputError: text 2 must be a string, not int
    """
    if isinstance(given, str):
        raise InputError("texts must be a list of strings, not one string: put it into a list")
    if not isinstance(given, Iterable):
        raise InputError(f"texts must be a list of strings, not {type(given).__name__}")
    texts = list(given)
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise InputError(f"text {number} must be a string, not {type(text).__name__}")
    return texts
