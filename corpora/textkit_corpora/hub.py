"""Data sets through the `datasets` library: local files always, the Hugging Face hub when online."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from textkit.errors import InputError
from textkit_corpora.compression import check_file, split_suffix
from textkit_corpora.tables import KINDS, kind_of

LOADERS = {"text": "text", "jsonl": "json", "csv": "csv", "tsv": "csv", "parquet": "parquet"}


def from_datasets(
    source: str | Path | Sequence[Path | str],
    *,
    split: str = "train",
    config: str | None = None,
    revision: str | None = None,
) -> Iterator[dict[str, Any]]:
    """The rows of a data set, streamed: dictionaries from column name to value.

    `source` is a file, several files of one kind (.txt, .csv, .tsv, .jsonl, .parquet, packed or not),
    or the name of a data set on the hub, for which `config` chooses a configuration and `revision` pins
    a commit. Code that a data set brings along is never run, and addresses of files are refused.

    Raises InputError when a file is missing, the hub cannot be reached, or the data set cannot be read.
    """
    named = [source] if isinstance(source, str | Path) else list(source)
    for name in map(str, named):
        if "://" in name:  # `datasets` would fetch it, from anywhere and by plain http too
            raise InputError(f"{name}: is an address; fetch the file, look at it, and name the file")
    known = {".txt", *KINDS}
    local = not isinstance(source, str) or Path(source).exists() or split_suffix(source)[0] in known
    if local:
        for path in named:
            check_file(path)
    files = [str(path) for path in named] if local else []
    return _rows(str(named[0]), files, split=split, config=config, revision=revision)


def _rows(
    name: str, files: list[str], *, split: str, config: str | None, revision: str | None
) -> Iterator[dict[str, Any]]:
    import datasets

    try:
        if files:
            kind = kind_of(files[0])
            options = {"sep": "\t", "quoting": csv.QUOTE_NONE} if kind == "tsv" else {}  # as in tables
            rows = datasets.load_dataset(
                LOADERS[kind], data_files={split: files}, split=split, streaming=True, **options
            )
        else:
            rows = datasets.load_dataset(name, config, split=split, revision=revision, streaming=True)
        for row in rows:
            yield dict(row)
    except Exception as error:  # the library, its readers and its network layers each raise their own
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{name}: cannot be loaded: {type(error).__name__}: {reason}") from error
