"""Tables as files: every number comes back, and every change is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textkit.errors import CheckpointError
from textkit.lm.ngram.table_file import SUFFIXES, open_table, write_table


@pytest.mark.parametrize("rows", [0, 1, 511, 512, 1 << 17, 300_001])
@pytest.mark.parametrize("kind", list(SUFFIXES))
def test_tables_of_any_size(rows: int, kind: str, tmp_path: Path) -> None:
    table = np.random.default_rng(rows).integers(0, 200, rows).astype(kind)
    stored = (
        np.lib.format.open_memmap(tmp_path / "source.npy", mode="w+", dtype=kind, shape=(rows,))
        if rows
        else table
    )
    stored[:] = table
    digest = write_table(tmp_path / "t", stored)
    assert digest == write_table(tmp_path / "u", np.repeat(table, 2)[::2])  # not contiguous
    opened = open_table(tmp_path / "t", kind, rows=rows, digest=digest)
    assert opened.dtype == kind
    np.testing.assert_array_equal(opened, table)


def test_damage_to_a_large_table_is_found(tmp_path: Path) -> None:
    path, page = tmp_path / "t", 4096
    table = np.random.default_rng(1).integers(0, 1 << 60, 300_001)
    digest = write_table(path, table)
    data = path.read_bytes()

    def swapped(one: int, other: int, size: int) -> bytes:
        damaged = bytearray(data)
        damaged[one : one + size], damaged[other : other + size] = (
            data[other : other + size],
            data[one : one + size],
        )
        return bytes(damaged)

    def flipped(place: int) -> bytes:
        return data[:place] + bytes([data[place] ^ 0x80]) + data[place + 1 :]

    places = [0, 7, page - 1, page, 256 * page - 1, 256 * page, len(data) - 1, len(data) - 9]
    for damaged in [
        *map(flipped, places),
        swapped(0, page, page),  # pages
        swapped(0, 8, 8),  # words of a page
        swapped(0, 256 * page, 256 * page),  # pieces
        swapped(16, 300 * page + 16, 8),
        bytes(page) + data[page:],
        data[page:] + data[:page],
    ]:
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"t: damaged: its numbers are not those of header.json"):
            open_table(path, "int64", rows=len(table), digest=digest)
