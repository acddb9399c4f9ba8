"""Texts and labels as a terminal can show them: what cannot be seen is spelled out."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""The text with what cannot be seen spelled out, so that it cannot steer a terminal either.

    >>> visible("\x1b[31mred")
    '\\x1b[31mred'
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def excerpt(text: str, length: int) -> str:
    r"""The first `length` characters, blanks joined, those that cannot be seen spelled out.

    >>> excerpt("so  long\n\x1b[31mand red", 14)
    'so long \\x1b[…'
    """
    shown = visible(" ".join(text.split()))
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"
