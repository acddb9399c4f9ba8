"""`textkit verify`: sound runs are said to be, and every fault is a line of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.tasks import classification, language_model
from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.configuration import make_settings
from textkit.tasks.language_model.ngram_file import read_ngram_file, write_ngram_file
from textkit.tasks.sweep.trials import Journal, Outcome
from textkit.tasks.verification.probe import TOLERANCE, Probe
from textkit.train.checkpoint import RunFolder
from textkit.train.manifest import to_text

Textkit = Callable[..., Any]
LINES = [f"the {one} sat on a {two}" for one in ("cat", "dog", "mat") for two in ("log", "tree", "hat")]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model of n-grams, the same as a model folder, and a classifier. Not to be changed."""
    folder = tmp_path_factory.mktemp("verify")
    config = language_model.make_config({"model": "ngram", "order": 2, "smoothing": "witten-bell"})
    language_model.train(LINES, config, valid=LINES[:3], out=folder / "ngram")
    write_ngram_file(read_ngram_file(folder / "ngram"), folder / "folder")
    texts = LabelledTexts.of(
        [(f"{line} {n % 2}", "ab"[n % 2]) for n, line in enumerate(LINES * 2)], labels=("a", "b")
    )
    settings = make_settings(ClassifierConfig, {"tokenizer": "whitespace"})
    classification.train(texts, settings, out=folder / "classifier", dev=texts)
    return folder


@pytest.fixture
def copy(runs: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(runs, tmp_path / "runs"))


def edit(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what a manifest says, its digest too."""
    document = json.loads((run / "manifest.json").read_bytes())
    change(document)
    (run / "manifest.json").write_text(to_text(document))


def test_sound_runs_are_a_line_each(textkit: Textkit, runs: Path) -> None:
    paths = [runs / name for name in ("ngram", "folder", "classifier")]
    status, out, err = textkit("verify", *paths)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    for path, kind, line in zip(paths, ("ngram", "ngram", "classifier"), lines, strict=True):
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        count = sum(file.is_file() for file in path.rglob("*"))
        assert line.startswith(f"{path}: OK, {kind}, {count} files, {size:,} bytes, probe as recorded; ")
    assert "vocab of" in lines[0]


def test_every_damaged_file_is_a_line_and_other_runs_are_told_nevertheless(
    textkit: Textkit, copy: Path
) -> None:
    for name in ("config.toml", "vocab.txt"):
        (copy / "ngram" / name).write_bytes(b"#")
    status, out, err = textkit("verify", copy / "ngram", copy / "nothing", copy / "classifier")
    assert status == 1
    assert out.startswith(f"{copy / 'classifier'}: OK")
    assert out.count("\n") == 1
    assert [line.partition(" damaged")[0] for line in err.splitlines()] == [
        f"textkit: error: {copy / 'ngram' / 'config.toml'}:",
        f"textkit: error: {copy / 'ngram' / 'vocab.txt'}:",
        f"textkit: error: {copy / 'nothing'}: there is no such run, model folder or sweep",
    ]


def test_one_flipped_bit_of_a_table_is_found(textkit: Textkit, copy: Path) -> None:
    for name in ("ngram/model", "folder"):
        path = copy / name / "log_prob.2.f32"
        data = bytearray(path.read_bytes())
        data[5] ^= 1
        path.write_bytes(data)
        status, out, err = textkit("verify", copy / name.partition("/")[0])
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert f"{path}: damaged: its numbers are not those of header.json" in err


def test_a_log_that_cannot_be_gone_on_with_is_found(textkit: Textkit, copy: Path) -> None:
    log = copy / "classifier" / "log.jsonl"
    log.write_text('{"step": 1, "loss": 2.5}\n{"step": 2, "lo')  # the end of a crash
    assert textkit("verify", copy / "classifier")[0] == 0
    log.write_text('{"step": 1, "loss": 2.5}\n{"step": "x"}\n')
    status, out, err = textkit("verify", copy / "classifier")
    assert (status, out) == (1, "")
    assert err == f"textkit: error: {log}:2: damaged: not a JSON object of numbers\n"


def test_a_log_that_has_lost_records_is_found(textkit: Textkit, tmp_path: Path) -> None:
    run = tmp_path / "lstm"
    config = language_model.make_config({"model": "lstm", "embedding": 4, "layers": 1, "epochs": 2})
    language_model.train(LINES, config, valid=LINES[:3], out=run)
    assert textkit("verify", run)[0] == 0
    lines = (run / "log.jsonl").read_text().splitlines(keepends=True)
    (run / "log.jsonl").write_text("".join(lines) + '{"step": 9, "lo')  # the end of a crash
    assert textkit("verify", run)[0] == 0
    (run / "log.jsonl").write_text("".join(lines[:-1]))
    status, out, err = textkit("verify", run)
    assert (status, out) == (1, "")
    told = f"has {len(lines) - 1} records of {len(lines)}: restore it; curves and reports lack the rest"
    assert err == f"textkit: error: {run / 'log.jsonl'}: {told}\n"
    (run / "log.jsonl").unlink()
    assert f"has 0 records of {len(lines)}" in textkit("verify", run).err


def test_another_answer_than_recorded_is_a_fault(textkit: Textkit, copy: Path) -> None:
    run = copy / "classifier"
    scores = json.loads((run / "manifest.json").read_bytes())["probe"]["scores"]
    near = [scores[0] * (1 + TOLERANCE / 10), *scores[1:]]
    edit(run, lambda document: document["probe"].update(scores=near))
    status, out, _ = textkit("verify", run)
    assert status == 0
    assert "probe within 1e-04 of what was recorded" in out or "probe within 9e-05 of what" in out
    far = [scores[0] - 3 * TOLERANCE, *scores[1:]]
    edit(run, lambda document: document["probe"].update(scores=far))
    status, out, err = textkit("verify", run)
    assert (status, out) == (1, "")
    assert "the model answers the probe otherwise than when training ended: scores " in err
    edit(run, lambda document: document["probe"].update(scores=scores, tokens="0"))
    assert "becomes other tokens than when training ended" in textkit("verify", run).err


def test_runs_without_a_probe_and_those_on_their_way_say_so(textkit: Textkit, copy: Path) -> None:
    run = copy / "classifier"
    edit(run, lambda document: document.pop("probe"))
    assert "probe none recorded; " in textkit("verify", run).out
    edit(
        run,
        lambda document: document.update(probe={"tokens": "x", "scores": [1.0], "model": "of another step"}),
    )
    assert "probe none of this model: training has gone on" in textkit("verify", run).out
    edit(run, lambda document: document.pop("best"))
    assert "probe no model yet; " in textkit("verify", run).out


def test_json_has_an_object_a_line(textkit: Textkit, copy: Path) -> None:
    (copy / "ngram" / "config.toml").unlink()
    status, out, _ = textkit("verify", "--json", copy / "ngram", copy / "folder")
    found = [json.loads(line) for line in out.splitlines()]
    assert status == 1
    assert [each["sound"] for each in found] == [False, True]
    assert "config.toml: cannot be read" in found[0]["faults"][0]
    assert found[1]["probe"] == "as recorded"


def test_a_sweep_is_verified_with_its_runs(textkit: Textkit, copy: Path, tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    shutil.copytree(copy / "classifier", sweep / "trial-001")
    figure = RunFolder.open(sweep / "trial-001").document["results"]["dev"]["accuracy"]
    journal = Journal.open(sweep, {"command": "train-classifier"})
    journal.put("trial-001", Outcome("finished", figure))
    journal.put("trial-002", Outcome("failed", message="no room"))
    status, out, err = textkit("verify", sweep)
    assert (status, err) == (0, "")
    assert [line.partition(",")[0] for line in out.splitlines()] == [
        f"{sweep / 'trial-001'}: OK",
        f"{sweep}: OK",
    ]
    journal.put("trial-001", Outcome("finished", 0.123))
    journal.put("trial-003", Outcome("finished", 0.5))
    status, out, err = textkit("verify", sweep)
    assert (status, out.count("\n"), err.count("\n")) == (1, 1, 2)
    assert "do not have the figure of the sweep, 0.123" in err
    assert "trial-003: the run of a finished trial is missing" in err


def test_differences_of_probes() -> None:
    one = Probe("t", (-100.0, None))
    assert one.difference(Probe("t", (-100.1, None))) == pytest.approx(1e-3, rel=1e-2)
    assert one.difference(Probe("t", (-100.0, 0.0))) == float("inf")
    assert one.difference(Probe("u", (-100.0, None))) == float("inf")
    assert Probe.read(one.as_dict()) == one
    assert Probe.read({"scores": ["x"]}) is None
