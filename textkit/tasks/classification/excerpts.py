"""Texts and labels as a terminal can show them: what cannot be seen is spelled out."""

from __future__ import annotations

from textkit.errors import visible


def excerpt(text: str, length: int) -> str:
    r"""The first `length` characters, blanks joined, those that cannot be seen spelled out.

    >>> excerpt("so  long\n\x1b[31mand red", 14)
    'so long \\x1b[…'
    """
    shown = visible(" ".join(text.split()))
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"
