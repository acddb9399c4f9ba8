"""A manifest may come from anyone: nothing in it may reach outside its folder or crash us."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textkit.errors import CheckpointError
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder

FOREIGN = "'best' names a file that is not one of the run's"
ENTRY = {"bytes": 1, "sha256": "0"}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    def fill(run: RunFolder) -> None:
        (run.path / "data" / "train").mkdir(parents=True)
        (run.path / "data" / "train" / "ids.i32").write_bytes(b"12345678")

    pipeline, vocab = Pipeline.of(WhitespaceTokenizer()), Vocab.build([["a"]])
    run = RunFolder.create(tmp_path / "run", kind="gru", config="", pipeline=pipeline, vocab=vocab, fill=fill)
    run.save("best", {"w": np.zeros(2)}, step=1, info={})
    return run


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["files"].update({"best-/../../victim": ENTRY}), "is no name of a run's file"),
        (lambda d: d["files"].update({"/etc/passwd": ENTRY}), "is no name of a run's file"),
        (lambda d: d["files"].update({"..": ENTRY}), "is no name of a run's file"),
        (lambda d: d["files"].update({"data/../x": ENTRY}), "is no name of a run's file"),
        (
            lambda d: d["best"].update(weights="../../victim"),
            FOREIGN,
        ),
        (lambda d: d["best"].update(weights=[1]), FOREIGN),
        (lambda d: d.update(best=None), "'best' must name its weights"),
        (lambda d: d.update(best={"step": 1}), "'best' must name its weights"),
        (lambda d: d.pop("kind"), "'kind' must be a name"),
        (lambda d: d["files"].update({"vocab.txt": None}), "'files' must give the sha256 of vocab.txt"),
        (lambda d: d.update(last=d["best"]), "'last' must name its weights, and its state"),
        (lambda d: d["best"].update(weights=None), "'best' must name its weights, and its state"),
        (lambda d: d["best"].update(step="1"), "'best' must have its step"),
        (lambda d: d.update(precision=5), "'precision' must be a name"),
        (lambda d: d.update(notes=3), "'notes' must be a list of strings"),
        (lambda d: d.update(notes=[3]), "'notes' must be a list of strings"),
        (lambda d: d.update(results=[]), "'results' must be an object"),
        (lambda d: d.update(epochs="9"), "'epochs' must be a count"),
        (lambda d: d.update(max_steps=-9), "'max_steps' must be a count"),
    ],
)
def test_hostile_and_broken_manifests_are_refused(change: Any, message: str, run: RunFolder) -> None:
    victim = run.path.parent.parent / "victim"
    victim.write_text("precious")
    path = run.path / "manifest.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(CheckpointError) as error:
        RunFolder.open(run.path)
    assert f"{path}: damaged: " in str(error.value)
    assert message in str(error.value)
    assert victim.read_text() == "precious"


def test_the_training_text_is_checked(run: RunFolder) -> None:
    run.check("data")
    (run.path / "data" / "train" / "ids.i32").write_bytes(b"12345679")
    with pytest.raises(CheckpointError, match=r"data/train/ids.i32: damaged: checksum differs"):
        run.check("data")
