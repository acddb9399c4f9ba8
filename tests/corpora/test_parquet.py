"""Tables written block by block as one Parquet file."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from textkit.errors import TextkitError, UsageError
from textkit_corpora import parquet, partial
from textkit_corpora.blocks import read_blocks
from textkit_corpora.journal import Journal

Run = Callable[..., None]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stream(rows: list[dict[str, object]], schema: pyarrow.Schema) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        if rows:
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))
    return bytes(sink.getvalue().to_pybytes())


SCHEMA = pyarrow.schema([("text", pyarrow.string()), ("ids", pyarrow.list_(pyarrow.int32()))])


def tables(count: int) -> Iterator[list[dict[str, object]]]:
    for number in range(count):
        yield [{"text": f"{number}.{row} 中", "ids": list(range(row % 5))} for row in range(number * 7 % 40)]


def test_blocks_become_one_parquet_file(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.setattr(parquet, "ROWS", 100)
    parts = list(tables(30))
    blocks = [stream(rows, SCHEMA) for rows in parts]
    out = tmp_path / "f.parquet"
    run(out, [source], blocks=blocks, head=stream([], SCHEMA))
    whole = out.read_bytes()
    file = pyarrow.parquet.ParquetFile(out)
    assert file.schema_arrow == SCHEMA
    assert file.read().to_pylist() == [row for rows in parts for row in rows]
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert set(sizes[:-1]) == {100}
    assert sizes[-1] <= 100
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    file.close()
    with monkeypatch.context() as patch:
        patch.setattr(parquet, "BYTES", 1)  # rows too large to wait for many of them
        run(out, [source], blocks=blocks, head=stream([], SCHEMA))
    assert pyarrow.parquet.read_metadata(out).num_row_groups == sum(map(bool, parts))
    out.unlink()
    with pytest.raises(KeyboardInterrupt):
        run(out, [source], blocks=blocks, head=stream([], SCHEMA), stop_after=11)
    run(out, [source], blocks=blocks, head=stream([], SCHEMA), resume=True)
    assert out.read_bytes() == whole
    assert names(tmp_path) == ["f.parquet", "source.txt"]


def test_parquet_without_rows_and_read_as_text(tmp_path: Path, source: str, run: Run) -> None:
    out = tmp_path / "f.parquet"
    run(out, [source], blocks=[], head=stream([], SCHEMA))
    assert pyarrow.parquet.read_schema(out) == SCHEMA
    run(out, [source], blocks=[stream([{"text": "中", "ids": [1]}], SCHEMA)], head=stream([], SCHEMA))
    (block,) = read_blocks([str(out)], field=None, errors="strict")
    assert block.text == ["中"]
    os.mkfifo(tmp_path / "p.parquet")
    with pytest.raises(UsageError, match=r"p.parquet: is a pipe or device, which cannot be Parquet; name a"):
        run(tmp_path / "p.parquet", [source])


def test_a_full_disk_while_parquet_is_written(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    def full(streams: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "f.parquet"
    blocks = [stream(rows, SCHEMA) for rows in tables(5)]
    with monkeypatch.context() as patch:
        patch.setattr(partial, "write_parquet", full)
        with pytest.raises(TextkitError, match=r"f.parquet: cannot be written: no space left on device$"):
            run(out, [source], blocks=blocks)
    assert Journal.load(tmp_path / "f.parquet.partial/journal.json").blocks == 5
    run(out, [source], blocks=blocks, resume=True)
    assert pyarrow.parquet.read_table(out).num_rows == sum(len(rows) for rows in tables(5))
