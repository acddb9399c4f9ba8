"""Figures out of a manifest, which anyone may have written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from textkit.tasks.report.record import RunRecord


def number(measures: Mapping[str, Any], name: str) -> float:
    """The figure called `name`, infinity where it was written as none; raises ValueError when there is none.

    >>> number({"accuracy": 1}, "accuracy"), number({"perplexity": None}, "perplexity")
    (1.0, inf)
    """
    value = measures[name]
    if value is None:
        return float("inf")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is no number")
    return float(value)


def count(measures: Mapping[str, Any], name: str) -> int:
    """The same for a whole number."""
    value = number(measures, name)
    if value != value // 1:
        raise ValueError(f"{name} is no count")
    return int(value)


@contextmanager
def reading(record: RunRecord) -> Iterator[None]:
    """While it lasts, what is missing or of another kind among the results is a CheckpointError."""
    try:
        yield
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise record.damaged(f"'results' are not those of a {record.kind}: {error}") from error
