"""A file of a newer textkit is not called damaged: it is said to be newer, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.data.bag_of_words import saved
from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError
from textkit.lm.ngram.folder import read_header
from textkit.tasks.sweep.trials import Journal
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder


def _vocab(folder: Path) -> Any:
    return Vocab.load(folder / "vocab.txt")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("manifest.json", RunFolder.open),
        ("header.json", read_header),
        ("pipeline.json", Pipeline.load),
        ("sweep.json", Journal.read),
        ("corpus.json", EncodedCorpus.load),
        ("bag_of_words.json", saved.read),
        ("vocab.txt", _vocab),
    ],
)
def test_a_newer_format_is_said_to_be_newer(name: str, read: Callable[[Path], Any], tmp_path: Path) -> None:
    newer = {"format": 2, "digest": "of another kind", "stages": [], "what comes": "is not known yet"}
    head = "#textkit-vocab " if name == "vocab.txt" else ""
    (tmp_path / name).write_text(head + json.dumps(newer) + "\n")
    if name == "bag_of_words.json":
        (tmp_path / "features.safetensors").write_bytes(np.ones(1).tobytes())
    with pytest.raises(CheckpointError) as error:
        read(tmp_path)
    assert name.partition(".")[0] in str(error.value) or str(tmp_path) in str(error.value)
    assert "written by a newer textkit: update textkit" in str(error.value)
    assert "damaged:" not in str(error.value)
