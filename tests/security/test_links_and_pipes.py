"""Links, named pipes and devices where plain files are due: nothing is written through, nothing hangs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from textkit import atomic
from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError, TextkitError
from textkit.lm.ngram.folder import load_ngram
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

pytestmark = [
    pytest.mark.timeout(120),  # what would hang fails
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here"),
]


def name_of(run: Path, start: str) -> str:
    return next(path.name for path in sorted(run.iterdir()) if path.name.startswith(start))


@pytest.mark.parametrize("start", ["curve.png", "log.jsonl", "last-", ".lock", "manifest.json", "data"])
def test_training_does_not_write_through_links(start: str, copy, textkit, tmp_path: Path) -> None:
    run, outside = copy("lstm"), tmp_path / "outside"
    path = run / name_of(run, start)
    path.rename(outside)
    path.symlink_to(outside)
    kept = b"" if outside.is_dir() else outside.read_bytes()
    said = textkit("train-lm", "--resume", run, "--epochs", "2").refused()
    assert said.endswith(
        f"{path}: is a link; a run holds plain files and folders only: put a copy in its place, or remove it"
    )
    assert outside.is_dir() or outside.read_bytes() == kept


def test_names_that_a_run_would_write_next(copy, textkit, tmp_path: Path) -> None:
    run, victim = copy("lstm"), tmp_path / "victim"
    victim.write_text("mine")
    for name in ("last-000012.safetensors", "curve.png.new", "notes"):
        (run / name).symlink_to(victim)
        textkit("train-lm", "--resume", run, "--epochs", "2").refused()
        (run / name).unlink()
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("start", ["best-", "manifest.json", "vocab.txt", "pipeline.json", "log.jsonl"])
def test_pipes_and_devices_in_runs(start: str, copy, textkit, originals: Path) -> None:
    run = copy("lstm")
    path = run / name_of(run, start)
    path.unlink()
    os.mkfifo(path)
    assert "is a named pipe" in textkit("score", run, originals / "prose.txt").refused()
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "is a link" in textkit("score", run, originals / "prose.txt").refused()


def test_links_elsewhere_than_in_runs_are_followed(copy, textkit, originals: Path, tmp_path: Path) -> None:
    """A run may be reached through a link, and texts may be links and pipes."""
    (tmp_path / "link").symlink_to(copy("ngram"))
    (tmp_path / "text").symlink_to(originals / "prose.txt")
    assert textkit("score", tmp_path / "link", tmp_path / "text").status == 0


def test_pipes_in_other_folders(copy, tmp_path: Path) -> None:
    model = copy("ngram") / "model"
    pipeline, corpus = tmp_path / "pipeline", tmp_path / "corpus"
    Pipeline.of(WhitespaceTokenizer()).save(pipeline)
    EncodedCorpus.from_sequences([[1, 2]]).save(corpus)
    for load, folder in ((load_ngram, model), (Pipeline.load, pipeline), (EncodedCorpus.load, corpus)):
        load(folder)
        for path in sorted(folder.iterdir()):
            path.rename(folder / "aside")
            os.mkfifo(path)
            with pytest.raises(CheckpointError, match="is a named pipe, not a plain file; restore it"):
                load(folder)
            path.unlink()
            (folder / "aside").rename(path)


@pytest.mark.parametrize("name", ["data", "journal.json", "lock"])
def test_an_unfinished_output_with_links(name: str, textkit, originals: Path, tmp_path: Path) -> None:
    victim, partial = tmp_path / "victim", tmp_path / "out.txt.partial"
    victim.write_text("mine")
    partial.mkdir()
    (partial / name).symlink_to(victim)
    said = textkit("tokenize", originals / "prose.txt", "-o", tmp_path / "out.txt").refused()
    assert said.endswith("is not the folder of an unfinished run; move it away")
    assert victim.read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_what_other_users_left_in_an_open_folder(textkit, originals: Path, tmp_path: Path) -> None:
    shared, victim = tmp_path / "shared", tmp_path / "victim"
    shared.mkdir()
    shared.chmod(0o1777)
    victim.write_text("mine")
    link, partial = shared / "link.txt", shared / "out.txt.partial"
    link.symlink_to(victim)
    atomic.write_text(link, "mine")  # a link of our own
    os.lchown(link, 65534, 65534)
    with pytest.raises(TextkitError, match="is a link that another user put there; name another file"):
        atomic.write_text(link, "theirs")
    assert "another user" in textkit("tokenize", originals / "prose.txt", "-o", link).refused()
    partial.mkdir()
    os.chown(partial, 65534, 65534)
    assert "move it away" in textkit("tokenize", originals / "prose.txt", "-o", shared / "out.txt").refused()
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("name", ["../lstm/../nowhere", "-x", "--", "a\0b", "nowhere\x1b[31m", "x" * 300, ""])
def test_odd_names_of_runs(name: str, textkit, originals: Path) -> None:
    said = textkit("score", "--", name, originals / "prose.txt").refused()
    assert "internal error" not in said
    said = textkit("train-lm", originals / "prose.txt", "-o", "a\0b").refused()
    assert said == "textkit: error: a name holds a NUL, which no file's name can; name another"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "data/../../x", "a/b", "..", "model/../x", "-x\n"]
)
def test_manifests_name_no_file_elsewhere(name: str, copy, textkit, originals: Path) -> None:
    import json

    run = copy("lstm")
    document = json.loads((run / "manifest.json").read_text())
    document["files"][name] = {"bytes": 1, "sha256": "0" * 64}
    document["best"]["weights"] = name
    document.pop("digest", None)
    (run / "manifest.json").write_text(json.dumps(document))
    assert "is no name of a run's file" in textkit("score", run, originals / "prose.txt").refused()
