"""Lengths of time as people write them."""

from __future__ import annotations

import re

from textkit.errors import UsageError

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_PARTS = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)


def parse_duration(text: str) -> float:
    """Seconds; raises UsageError for what is no length of time.

    >>> parse_duration("90s"), parse_duration("1h30m"), parse_duration("0.5 h")
    (90.0, 5400.0, 1800.0)
    """
    parts = _PARTS.fullmatch("".join(text.lower().split()))
    seconds = sum(
        float(number) * unit
        for number, unit in zip(parts.groups("0") if parts else (), _UNITS.values(), strict=False)
    )
    if not 0 < seconds < float("inf"):
        raise UsageError(f"a time is written 90s, 15m, 1h or 1h30m, and is longer than nothing; not '{text}'")
    return seconds
