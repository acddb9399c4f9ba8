"""Records many at a time, but no more than are at hand when whoever writes them pauses."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from textkit.errors import InputError
from textkit_cli.answers import Row
from textkit_corpora.text_records import TextRecords

_PATIENCE = 0.05  # seconds after which a writer pauses


class RecordBatch(NamedTuple):
    """Records, their texts, and where each stands."""

    rows: list[Row]
    texts: list[str]
    places: list[str]


def record_batches(
    records: TextRecords, size: int, *, at_hand: Callable[[], bool] = lambda: True
) -> Iterator[RecordBatch]:
    """Records in batches of `size`, fewer where the next one is not `at_hand`.

    Raises InputError for the first bad one.
    """
    while True:
        batch = RecordBatch([], [], [])
        while len(batch.rows) < size and (not batch.rows or at_hand()):
            where, row = next(records.rows, ("", None))
            if row is None:
                break
            text = row if isinstance(row, InputError) else records.text(row, where=where)
            if isinstance(row, InputError) or isinstance(text, InputError):
                raise row if isinstance(row, InputError) else text  # type: ignore[misc]
            batch.rows.append(row)
            batch.texts.append(text)
            batch.places.append(where)
        if not batch.rows:
            return
        yield batch


def line_at_hand() -> bool:
    """Whether standard input has a line now, or soon; at its end, and where nobody can tell, true."""
    stream = sys.stdin.buffer if sys.stdin is not None else None
    if os.name != "posix" or not isinstance(stream, io.BufferedReader):
        return True
    place = stream.fileno()
    if not os.get_blocking(place):
        return True
    os.set_blocking(place, False)  # peeking into an empty buffer would wait for the writer
    try:
        known = stream.peek(1)
    finally:
        os.set_blocking(place, True)
    return b"\n" in known or bool(select.select([place], [], [], _PATIENCE)[0])
