"""A text as it can be shown in one line of a message."""

from __future__ import annotations


def excerpt(text: str, length: int) -> str:
    r"""The first `length` characters, blanks joined, those that cannot be seen spelled out.

    >>> excerpt("so  long\n\x1b[31mand red", 14)
    'so long \\x1b[…'
    """
    shown = " ".join(text.split())
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in shown)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"
