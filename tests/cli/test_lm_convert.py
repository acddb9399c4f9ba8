"""lm-convert and lm-info of n-grams: the same model in every form, and what there is to say about it."""

from __future__ import annotations

import gzip
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.train.manifest import to_text

TEXT = ["the cat sat on the mat", "a dog sat on a log", "", "the dog saw the cat", "a cat saw a dog"] * 8
Textkit = Callable[..., Any]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("".join(line + "\n" for line in TEXT))
    return path


@pytest.fixture
def run(textkit: Textkit, tmp_path: Path, text: Path) -> Path:
    assert textkit("train-lm", text, "--order", 3, "-o", tmp_path / "run", "-q").status == 0
    return tmp_path / "run"


def score(textkit: Textkit, model: Path, text: Path) -> dict[str, Any]:
    ran = textkit("score", model, text, "--json", "-q")
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


def info(textkit: Textkit, model: Path) -> dict[str, Any]:
    ran = textkit("lm-info", model, "--json")
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


def test_every_form_scores_and_generates_alike(
    textkit: Textkit, run: Path, text: Path, tmp_path: Path
) -> None:
    folder, arpa, packed, back = (tmp_path / name for name in ("folder", "m.arpa", "m.arpa.gz", "back"))
    for source, target in [(run, folder), (folder, arpa), (run, packed), (packed, back)]:
        ran = textkit("lm-convert", source, target)
        assert (ran.status, ran.out) == (0, "")
        assert ran.err.startswith("textkit: ")
        assert f"{source} (0.0 MB) to {target} (0.0 MB)" in ran.err
    assert gzip.decompress(packed.read_bytes()) == arpa.read_bytes()
    expected = score(textkit, run, text)
    said = textkit("generate", run, "--length", 12, "--seed", 4)
    assert said.status == 0
    for model in (folder, arpa, packed, back):
        assert score(textkit, model, text) == pytest.approx(expected)
    assert textkit("generate", folder, "--length", 12, "--seed", 4) == said
    assert textkit("generate", arpa, "--length", 12, "--prompt", "the cat").out.startswith("the cat")


def test_a_model_folder_keeps_its_pipeline(textkit: Textkit, text: Path, tmp_path: Path) -> None:
    run, folder = tmp_path / "run", tmp_path / "folder"
    assert textkit("train-lm", text, "--unit", "char", "--order", 3, "-o", run, "-q").status == 0
    assert textkit("lm-convert", run, folder, "-q") == (0, "", "")
    assert score(textkit, folder, text) == score(textkit, run, text)
    assert info(textkit, folder)["signature"] == info(textkit, run)["signature"]
    (folder / "pipeline.json").unlink()
    ran = textkit("score", folder, text)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == f"textkit: error: {folder}/pipeline.json: cannot be read: no such file or directory\n"
    shutil.copy(run / "pipeline.json", folder)
    other = tmp_path / "other"
    assert textkit("train-lm", text, "--order", 2, "-o", other, "-q").status == 0
    shutil.copy(other / "pipeline.json", folder)
    ran = textkit("score", folder, text)
    assert ran.err == (
        f"textkit: error: {folder}/pipeline.json: not the pipeline of this model: its digest differs\n"
    )


def test_quantised(textkit: Textkit, run: Path, text: Path, tmp_path: Path) -> None:
    assert textkit("lm-convert", run, tmp_path / "q", "--quantise", "-q") == (0, "", "")
    assert score(textkit, tmp_path / "q", text)["perplexity"] == pytest.approx(
        score(textkit, run, text)["perplexity"], rel=1e-3
    )
    said = info(textkit, tmp_path / "q")
    assert said["quantised"]
    assert said["ngrams"] == info(textkit, run)["ngrams"]
    assert not info(textkit, run)["quantised"]
    assert textkit("lm-convert", tmp_path / "q", tmp_path / "q.arpa", "-q").status == 0
    assert score(textkit, tmp_path / "q.arpa", text) == pytest.approx(score(textkit, tmp_path / "q", text))


def test_info_of_every_form(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    textkit("lm-convert", run, tmp_path / "folder", "-q")
    textkit("lm-convert", run, tmp_path / "m.arpa", "-q")
    forms = {kind: info(textkit, path) for kind, path in [
        ("run", run), ("folder", tmp_path / "folder"), ("arpa", tmp_path / "m.arpa"),
    ]}  # fmt: skip
    for kind, said in forms.items():
        assert said["kind"] == kind
        assert said["order"] == 3
        assert said["vocabulary"] == 11
        assert said["ngrams"][0] == 12
        assert said["ngrams"] == forms["run"]["ngrams"]
        assert said["proper"]
        assert said["least_sum"] == pytest.approx(1, abs=1e-5)
        assert said["greatest_sum"] == pytest.approx(1, abs=1e-5)
        assert said["histories"] > 10
        assert said["bytes_in_memory"] == forms["run"]["bytes_in_memory"] > 500
        assert "WhitespaceTokenizer(unicode=False)" in said["signature"]
        assert "vocab of 11 #" in said["signature"]
    assert "KneserNey" in forms["run"]["smoothing"]
    assert forms["run"]["notes"] == forms["folder"]["notes"] != []  # the text is too small for its discounts
    assert forms["folder"]["bytes_on_disk"] == sum(f.stat().st_size for f in (tmp_path / "folder").iterdir())


def test_info_as_a_table(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    ran = textkit("lm-info", run)
    assert (ran.status, ran.err) == (0, "")
    rows = dict(line.split(None, 1) for line in ran.out.splitlines() if not line.startswith(("in ", "on ")))
    assert rows["model"] == f"{run} (run folder)"
    assert (rows["order"], rows["vocabulary"], rows["1-grams"]) == ("3", "11 words", "12")
    assert rows["sums"].startswith("to one  yes: 1.0000") or "0.99999" in rows["sums"]
    assert textkit("lm-info", run, "-o", tmp_path / "out.txt") == (0, "", "")
    assert (tmp_path / "out.txt").read_text() == ran.out


@pytest.mark.parametrize(("smoothing", "proper"), [("stupid-backoff", False), ("add-k", True), ("mle", True)])
def test_what_does_not_sum_to_one_is_said(
    textkit: Textkit, smoothing: str, proper: bool, text: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    assert textkit("train-lm", text, "--smoothing", smoothing, "--order", 3, "-o", run, "-q").status == 0
    assert info(textkit, run)["proper"] is proper
    assert f"sums to one  {'yes' if proper else 'no'}: " in textkit("lm-info", run).out


def test_bad_requests_are_one_line_and_leave_nothing(textkit: Textkit, run: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("precious")
    before = sorted(tmp_path.rglob("*"))
    taken, new = tmp_path / "taken", tmp_path / "new"
    for arguments, status, message in [
        ((run, taken), 1, f"{taken}: already exists; remove it or choose another name"),
        ((run, "-"), 2, "name the ARPA file or model folder to write: it is no stream"),
        ((run, tmp_path / "x.arpa", "--quantise"), 2, "--quantise is for model folders: ARPA text, "),
        ((run, tmp_path / "none" / "x.arpa"), 2, "x.arpa: name a file in a folder that exists"),
        ((tmp_path / "none", new), 1, "none: there is no such run, model folder or ARPA file"),
        ((taken, new), 1, f"{taken}: not a textkit run: has no readable manifest.json"),
        ((run / "model", new), 1, f"{run}/model: these are the tables of a run; name the run: {run}"),
        ((taken / "file", new), 1, f"{taken}/file:"),
    ]:
        ran = textkit("lm-convert", *arguments)
        assert (ran.status, ran.out) == (status, ""), ran
        assert message in ran.err
        assert ran.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_what_arpa_cannot_hold_is_said(textkit: Textkit, text: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert textkit("train-lm", text, "--smoothing", "add-k", "--order", 2, "-o", run, "-q").status == 0
    ran = textkit("lm-convert", run, tmp_path / "m.arpa")
    assert (ran.status, ran.out) == (2, "")
    assert "cannot be written as ARPA" in ran.err
    assert not (tmp_path / "m.arpa").exists()
    assert textkit("lm-convert", run, tmp_path / "folder", "-q").status == 0
    assert score(textkit, tmp_path / "folder", text) == score(textkit, run, text)


@pytest.mark.parametrize("command", ["lm-info", "lm-convert", "score", "generate"])
@pytest.mark.parametrize(
    "file", ["model/log_prob.2.f32", "model/header.json", "model/vocab.txt", "vocab.txt"]
)
@pytest.mark.parametrize("damage", ["flip", "remove"])
def test_damaged_runs_are_told_in_one_line(
    textkit: Textkit, run: Path, text: Path, tmp_path: Path, command: str, file: str, damage: str
) -> None:
    path = run / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.unlink() if damage == "remove" else path.write_bytes(data)
    more = {"lm-convert": [tmp_path / "new"], "score": [text]}.get(command, [])
    ran = textkit(command, run, *more)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"textkit: error: {path}: ")
    assert ("damaged" if damage == "flip" else "cannot be read: no such file") in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_runs_of_the_time_before_model_folders_are_told(textkit: Textkit, run: Path, text: Path) -> None:
    shutil.rmtree(run / "model")
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["files"]["model/header.json"]
    manifest["files"]["best-000000.safetensors"] = {"bytes": 1, "sha256": "0"}
    manifest["best"] = {"step": 0, "weights": "best-000000.safetensors", "ngram": {"order": 3}}
    (run / "manifest.json").write_text(to_text(manifest))
    for arguments in (["score", run, text], ["lm-info", run]):
        assert textkit(*arguments) == (
            1,
            "",
            f"textkit: error: {run}: an n-gram run of an earlier version, which this one cannot read; "
            "train again\n",
        )


def test_kenlm_answers_alike(textkit: Textkit, run: Path, text: Path, tmp_path: Path) -> None:
    kenlm = pytest.importorskip("kenlm")
    assert textkit("lm-convert", run, tmp_path / "m.arpa", "-q").status == 0
    peer = kenlm.Model(str(tmp_path / "m.arpa"))
    lines = [*TEXT[:5], "a zebra sat on the zebra"]
    text.write_text("".join(line + "\n" for line in lines))
    ran = textkit("score", run, text, "--per-line", "--json", "-q")
    ours = [json.loads(line)["log_prob"] for line in ran.out.splitlines()]
    theirs = [peer.score(line) * math.log(10) for line in lines]
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_torch_is_not_needed(run: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from textkit_cli.main import main; assert main(['lm-info', sys.argv[1]]) == 0;"
        "assert main(['lm-convert', *sys.argv[1:], '-q']) == 0; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(run), str(tmp_path / "new")], check=True)
