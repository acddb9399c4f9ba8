"""A run folder is whole or refused: every damage has its message, every save is one commit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from textkit import atomic
from textkit.errors import CheckpointError, TextkitError
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder

PIPELINE = Pipeline.of(WhitespaceTokenizer())
VOCAB = Vocab.build([["a", "b"]])


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(
        tmp_path / "run", kind="lstm", config="epochs = 3\n", pipeline=PIPELINE, vocab=VOCAB
    )


def weights(value: float) -> dict[str, np.ndarray]:
    return {"w": np.full((2, 3), value, dtype=np.float32), "n": np.arange(4)[::2]}


def test_everything_comes_back(run: RunFolder) -> None:
    state = {"numbers": [1, 2.5, "x", None, True], "tensor": torch.arange(3), "nested": {"a": torch.eye(2)}}
    run.save("last", weights(1), step=7, info={"epoch": 2}, state=state)
    run.record("notes", ["one"])
    opened = RunFolder.open(run.path)
    assert (opened.kind, opened.config(), opened.vocab().tokens) == ("lstm", "epochs = 3\n", VOCAB.tokens)
    assert opened.pipeline()("a b") == ["a", "b"]
    assert opened.info("last")["epoch"] == 2
    assert opened.document["notes"] == ["one"]
    loaded = opened.arrays("last")
    assert loaded["n"].tolist() == [0, 2]
    np.testing.assert_array_equal(loaded["w"], weights(1)["w"])
    again = opened.state()
    assert again["numbers"] == state["numbers"]
    assert torch.equal(again["nested"]["a"], torch.eye(2))


def test_a_save_replaces_the_one_before_and_leaves_the_other_role(run: RunFolder) -> None:
    run.save("best", weights(1), step=1, info={})
    for step in (2, 3):
        run.save("last", weights(step), step=step, info={}, state={"s": step})
    names = {p.name for p in run.path.iterdir()}
    assert {n for n in names if n.startswith(("best", "last"))} == {
        "best-000001.safetensors",
        "last-000003.safetensors",
        "last-000003.state.pt",
    }
    assert RunFolder.open(run.path).arrays("best")["w"][0, 0] == 1


def test_a_crash_before_the_commit_keeps_the_run_as_it_was(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.save("last", weights(1), step=1, info={}, state={"s": 1})
    real = atomic.write_text

    def crash(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "write_text", crash)
    with pytest.raises(KeyboardInterrupt):
        run.save("last", weights(2), step=2, info={}, state={"s": 2})
    monkeypatch.setattr(atomic, "write_text", real)
    opened = RunFolder.open(run.path)
    assert opened.state() == {"s": 1}
    assert opened.arrays("last")["w"][0, 0] == 1


def test_only_what_a_crash_left_is_removed(run: RunFolder) -> None:
    run.save("best", weights(1), step=1, info={})
    own = ["best-dev.txt", "last-000002.txt", "last-12.safetensors", "best-000003.safetensors.old"]
    left = ["best-000002.safetensors", "last-1234567.2.state.pt", ".last-000004.state.pt.x.textkit"]
    for name in (*own, *left):
        (run.path / name).write_text("x")
    run.sweep()
    names = {path.name for path in run.path.iterdir()}
    assert names > {*own, "best-000001.safetensors"}
    assert not names & set(left)


def test_a_taken_folder_is_not_touched(run: RunFolder) -> None:
    with pytest.raises(CheckpointError, match="already exists; choose another name, or go on with --resume"):
        RunFolder.create(run.path, kind="gru", config="", pipeline=PIPELINE, vocab=VOCAB)
    assert RunFolder.open(run.path).kind == "lstm"
    spaced = run.path.rename(run.path.with_name("my run"))
    with pytest.raises(CheckpointError, match=r"go on with --resume '.*/my run'$"):
        RunFolder.create(spaced, kind="gru", config="", pipeline=PIPELINE, vocab=VOCAB)


def test_a_failure_while_creating_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise TextkitError("no")

    with pytest.raises(TextkitError):
        RunFolder.create(tmp_path / "r", kind="gru", config="", pipeline=PIPELINE, vocab=VOCAB, fill=fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["best-000001.safetensors", "vocab.txt", "pipeline.json", "config.toml"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_damaged_files_are_refused_by_name(run: RunFolder, name: str, damage: str) -> None:
    run.save("best", weights(1), step=1, info={})
    file = run.path / name
    data = bytearray(file.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    elif damage == "truncate":
        file.write_bytes(data[: len(data) // 2])
    else:
        file.unlink()
    with pytest.raises(CheckpointError) as error:
        opened = RunFolder.open(run.path)
        opened.config()
        opened.pipeline()
        opened.vocab()
        opened.arrays("best")
    assert name in str(error.value)
    assert ("cannot be read" if damage == "remove" else "checksum differs from manifest.json") in str(
        error.value
    )


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (None, "not a textkit run: has no readable manifest.json"),
        ("{", "damaged"),
        ("[]", "damaged: needs the keys"),
        (json.dumps({"format": 9, "files": {}}), "run format 9; this version reads 1"),
    ],
)
def test_a_bad_manifest_is_told(run: RunFolder, manifest: str | None, message: str) -> None:
    file = run.path / "manifest.json"
    file.unlink() if manifest is None else file.write_text(manifest)
    with pytest.raises(CheckpointError, match=message):
        RunFolder.open(run.path)


def test_missing_runs_and_roles_are_told(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not a textkit run: no such folder"):
        RunFolder.open(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="has no best model yet; finish it with --resume"):
        run.arrays("best")


def test_hostile_pickles_are_not_run(run: RunFolder, tmp_path: Path) -> None:
    """Even with a matching checksum, a state that is not plain data is refused."""

    class Hostile:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "owned",))

    run.save("last", weights(1), step=1, info={}, state={"s": 1})
    torch.save({"s": Hostile()}, run.path / "last-000001.state.pt")
    run._own("last-000001.state.pt")
    with pytest.raises(CheckpointError, match="not a training state"):
        run.state()
    assert not (tmp_path / "owned").exists()
