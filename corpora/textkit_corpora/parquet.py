"""Tables made in blocks, written as one Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROWS = 1 << 16  # of a row group
BYTES = 1 << 26  # a row group ends earlier when it holds more


def write_parquet(streams: Path, target: Path) -> None:
    """Write the tables in `streams` to `target`, one below the other, in constant memory.

    `streams` holds Arrow IPC streams one after the other, all of one schema; `target` becomes a Parquet
    file, packed by zstd, with row groups of about `ROWS` rows.

    >>> import io, pyarrow, pyarrow.parquet, tempfile
    >>> table = pyarrow.table({"text": ["to be", "or not"]})
    >>> with pyarrow.BufferOutputStream() as stream, pyarrow.ipc.new_stream(stream, table.schema) as writer:
    ...     writer.write_table(table)
    >>> streams, target = (Path(tempfile.mkdtemp(), name) for name in ("data", "f.parquet"))
    >>> _ = streams.write_bytes(stream.getvalue().to_pybytes() * 2)
    >>> write_parquet(streams, target)
    >>> pyarrow.parquet.read_table(target)["text"].to_pylist()
    ['to be', 'or not', 'to be', 'or not']
    """
    import pyarrow
    import pyarrow.parquet

    writer = None
    try:
        for table in _row_groups(streams):
            if writer is None:
                writer = pyarrow.parquet.ParquetWriter(target, table.schema, compression="zstd")
            if table.num_rows:
                writer.write_table(table, row_group_size=ROWS)
    finally:
        if writer is not None:
            writer.close()


def _row_groups(streams: Path) -> Iterator[Any]:
    """Tables of whole row groups; the first, of no rows, tells the schema."""
    import pyarrow

    held: list[Any] = []
    with pyarrow.OSFile(str(streams)) as file:
        schema = None
        while file.tell() < file.size():
            with pyarrow.ipc.open_stream(file) as stream:
                if schema is None:
                    schema = stream.schema
                    yield schema.empty_table()
                held.extend(stream)
            rows, size = sum(batch.num_rows for batch in held), sum(batch.nbytes for batch in held)
            whole = rows if size >= BYTES else rows - rows % ROWS
            if whole:
                table = pyarrow.Table.from_batches(held, schema)
                yield table.slice(0, whole)
                held = table.slice(whole).to_batches()
        yield pyarrow.Table.from_batches(held, schema if schema is not None else pyarrow.schema([]))
