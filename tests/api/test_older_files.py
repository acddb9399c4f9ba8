"""What earlier versions wrote is read, answers as it did, and can be trained further."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from damage_runs import KINDS
from make_runs import RUNS, answers

import textkit
from textkit.tasks.verification.probe import TOLERANCE, Probe
from textkit.tasks.verification.verify import verify
from textkit.train.checkpoint import RunFolder

ARCHIVES = sorted(RUNS.glob("*/*.zip"))
USES = {kind.name: kind.uses for kind in KINDS}
TRAINED = [path for path in ARCHIVES if len(USES.get(path.stem, ())) > 1]


def label(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder


def difference(one: dict[str, Any], another: dict[str, Any]) -> float:
    return Probe(one["tokens"], tuple(one["scores"])).difference(
        Probe(another["tokens"], tuple(another["scores"]))
    )


@pytest.mark.parametrize("archive", ARCHIVES, ids=label)
def test_a_folder_answers_as_it_did(archive: Path, tmp_path: Path) -> None:
    folder = unpacked(archive, tmp_path / "run")
    before = json.loads((archive.parent / "answers.json").read_text(encoding="utf-8"))[archive.stem]
    assert difference(answers(archive.stem, folder), before) <= TOLERANCE
    if archive.stem != "bag-of-words":
        assert [found.faults for found in verify(folder)] == [()]


@pytest.mark.parametrize("archive", TRAINED, ids=label)
def test_a_training_goes_on(archive: Path, tmp_path: Path) -> None:
    folder = unpacked(archive, tmp_path / "run")
    before = RunFolder.open(folder).info("last")["step"]
    resume: Callable[[Path], Any] = USES[archive.stem][1]
    resume(folder)
    assert RunFolder.open(folder).info("last")["step"] > before


def test_every_kind_of_this_release_is_kept() -> None:
    series = textkit.__version__.split(".")[:2]
    kept = {path.stem for path in ARCHIVES if path.parent.name.split(".")[:2] == series}
    assert kept == {*USES, "bag-of-words"}, "python tests/api/make_runs.py"
    assert all(path.stat().st_size < 30_000 for path in ARCHIVES)


def test_a_changed_answer_is_noticed(tmp_path: Path) -> None:
    archive = next(path for path in ARCHIVES if path.stem == "ngram")
    before = json.loads((archive.parent / "answers.json").read_text(encoding="utf-8"))["ngram"]
    said = answers("ngram", unpacked(archive, tmp_path / "run"))
    assert difference({**said, "scores": [0.99 * each for each in said["scores"]]}, before) > TOLERANCE
