"""A tagger's training, interrupted and resumed, equals one that never stopped, bit for bit."""

from __future__ import annotations

import hashlib
import signal
from pathlib import Path
from typing import Any

import pytest

from textkit.data.spans import TaggedSentence
from textkit.errors import CheckpointError, Interrupted, UsageError
from textkit.tasks import tagging
from textkit.tasks.configuration import make_settings
from textkit.tasks.tagging.config import TaggerConfig
from textkit.train.checkpoint import RunFolder

WORDS = ["we", "go", "to", "Oslo", "from", "Lima", "by", "train"]
TAGS = ["O", "O", "O", "B-goal", "O", "B-begin", "O", "O"]
TRAIN = [
    TaggedSentence(tuple(WORDS[k:] + WORDS[:j]), tuple(TAGS[k:] + TAGS[:j]))
    for k in range(7)
    for j in range(4)
]
SETTINGS: dict[str, Any] = {
    "embedding": 8, "letters": 4, "hidden": 8, "dropout": 0.3, "rarity": 1.0, "epochs": 3,
    "batch_size": 5, "min_count": 1, "log_every": 3,
}  # fmt: skip


def config(**settings: Any) -> TaggerConfig:
    return make_settings(TaggerConfig, SETTINGS | settings)


@pytest.mark.parametrize("settings", [{}, {"output_layer": "softmax", "model": "gru", "rarity": 9.0}])
def test_interrupted_and_resumed_equals_uninterrupted(
    tmp_path: Path, settings: dict[str, Any], fingerprint: Any, interrupt_at: Any
) -> None:
    whole = tagging.train(TRAIN, config(**settings), out=tmp_path / "whole", test=TRAIN[:4])
    total = RunFolder.open(tmp_path / "whole").state()["progress"]["step"]
    stops = {2, total // 3, total - 1}
    watch = interrupt_at(stops, signal.SIGINT)
    with pytest.raises(
        Interrupted, match=r"nothing is lost; go on with: textkit train-tagger --resume"
    ) as told:
        tagging.train(TRAIN, config(**settings), out=tmp_path / "cut", test=TRAIN[:4], watch=watch)
    assert told.value.status == 128 + signal.SIGINT
    while stops:
        with pytest.raises(Interrupted):
            tagging.resume(tmp_path / "cut", watch=watch)
    assert tagging.resume(tmp_path / "cut") == whole
    assert fingerprint(tmp_path / "cut") == fingerprint(tmp_path / "whole")


def test_more_epochs_equal_having_asked_for_them_at_once(tmp_path: Path, fingerprint: Any) -> None:
    tagging.train(TRAIN, config(epochs=2), out=tmp_path / "two")
    tagging.resume(tmp_path / "two", epochs=4)
    tagging.train(TRAIN, config(epochs=4), out=tmp_path / "four")
    assert fingerprint(tmp_path / "two") == fingerprint(tmp_path / "four")
    said: list[str] = []
    tagging.resume(tmp_path / "two", say=said.append)  # knows that it was to be longer
    assert "all 4 epochs are done" in said[0]


def test_it_stops_when_validation_no_longer_improves(tmp_path: Path) -> None:
    tagging.train(TRAIN, config(epochs=200, patience=2, learning_rate=0.1), out=tmp_path / "run")
    progress = RunFolder.open(tmp_path / "run").state()["progress"]
    assert progress["worse"] == 2
    assert progress["epoch"] < 200


def test_what_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="epochs must be at least 1, not 0"):
        tagging.resume(tmp_path, epochs=0)
    with pytest.raises(CheckpointError, match="not a textkit run"):
        tagging.resume(tmp_path / "none")
    tagging.train(TRAIN, config(epochs=1), out=tmp_path / "run")
    with pytest.raises(CheckpointError, match="already exists"):
        tagging.train(TRAIN, config(epochs=1), out=tmp_path / "run")
    data = tmp_path / "run" / "data" / "train" / "sentences.jsonl"
    data.write_text(data.read_text() + "{}\n")
    with pytest.raises(CheckpointError, match=r"sentences.jsonl: damaged: checksum differs"):
        tagging.resume(tmp_path / "run")
    run = RunFolder.open(tmp_path / "run")
    run.document["files"]["data/train/sentences.jsonl"]["sha256"] = hashlib.sha256(
        data.read_bytes()
    ).hexdigest()
    run.record("notes", ["forged"])
    with pytest.raises(CheckpointError, match=r"sentences.jsonl: damaged: not tagged sentences: 'tokens'"):
        tagging.resume(tmp_path / "run")
