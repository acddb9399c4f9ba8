"""How large a regular expression becomes: `regex` writes every bounded repeat out, `(a{9999}){9999}` too."""

from __future__ import annotations

import re

LARGEST = 100_000  # parts; `regex` takes some 500 bytes for each

_PART = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))"
    r"|\{(?P<least>[0-9]*)(?P<comma>,?)(?P<most>[0-9]*)\}|(?P<other>.)",
    re.DOTALL,
)
_COMMENTS = re.compile(r"\(\?(#|[a-zA-Z0-9]*x)")
_DIGITS = 9  # more of them than `regex` takes


def expanded_size(pattern: str) -> int:
    r"""About how many parts `pattern` has once its bounded repeats are written out; never too few by much.

    >>> expanded_size(r"\d{4}-\d{2}"), expanded_size("(?:(?:ab){100}){100}"), expanded_size("a{5,}")
    (7, 60400, 5)
    """
    if _COMMENTS.search(pattern) or re.search(r"\[[^\]]*\[", pattern):  # and nested sets: not told apart here
        return _most(pattern)
    sizes, last = [0], 0  # of each group that is open, and of the part before
    for part in _PART.finditer(pattern):
        if part["open"]:
            sizes.append(0)
            last = 0
        elif part["close"] and len(sizes) > 1:
            last = sizes.pop() + 2
            sizes[-1] += last
        elif part["least"] or part["most"]:
            more = last * max(_count(part) - 1, 0)
            sizes[-1] += more
            last += more
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)


def _most(pattern: str) -> int:
    """No pattern with these repeats is larger, however they are nested."""
    size = len(pattern)
    for part in re.finditer(r"\{(?P<least>[0-9]*),?(?P<most>[0-9]*)\}", pattern):
        size *= max(_count(part), 1)
    return size


def _count(repeat: re.Match[str]) -> int:
    counts = (repeat["least"], repeat["most"])
    return max(10**_DIGITS if len(each) > _DIGITS else int(each or 0) for each in counts)
