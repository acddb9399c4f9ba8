"""`textkit report` of what is unfinished, damaged or hostile: a safe page, or an error in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .report_runs import EVIL, KINDS, Runs, changed_copy, sweep_folder


def test_an_unfinished_run_shows_what_there_is(runs: Runs, page_of, tmp_path: Path) -> None:
    page = page_of(changed_copy(runs, "lstm", tmp_path / "half", lambda document: document.pop("results")))
    assert "has not come to its end" in page.text
    assert {"Training", "What it writes", "Recipe"} <= set(page.sections)

    def forget(document: dict) -> None:
        for key in ("results", "best", "last", "anchor"):
            document.pop(key, None)

    page = page_of(changed_copy(runs, "bag", tmp_path / "begun", forget))
    assert "No model was saved yet" in page.text
    assert page.sections == ["Training", "Recipe"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "results",
    [
        {"dev": 3},
        {"dev": {}},
        {"<b>": {"perplexity": "x"}},
        {"dev": {"labels": [1], "coverage": [], "texts": "a"}},
    ],
)
def test_results_that_are_none_are_an_error(
    kind: str, results: dict, runs: Runs, textkit, tmp_path: Path
) -> None:
    run = changed_copy(runs, kind, tmp_path / "run", lambda document: document.update(results=results))
    said = textkit("report", run)
    assert said.status == 1
    assert said.err.startswith(f"textkit: error: {run}/manifest.json: damaged: ")
    assert said.err.count("\n") == 1
    assert not (run / "report.html").exists()


def test_hostile_figures_and_names_do_no_harm(runs: Runs, page_of, tmp_path: Path) -> None:
    def poison(document: dict) -> None:
        document["signature"] = document["textkit"] = EVIL
        document["notes"] = [EVIL]
        document["results"] = {EVIL: next(iter(document["results"].values()))}
        document["results"][EVIL]["perplexity"] = float("nan")

    run = changed_copy(runs, "lstm", tmp_path / "<script>x<", poison)
    log = [
        '{"step": 1, "loss": NaN}',
        '{"step": 2, "loss": Infinity, "<script>": 1e308}',
        '{"step": -5, "loss": 0}',
    ]
    (run / "log.jsonl").write_text("".join(f"{line}\n" for line in log))
    page = page_of(run)
    assert page.text.count("<script>alert(1)</script>") >= 3


def test_what_cannot_be_reported_is_said(runs: Runs, textkit, tmp_path: Path) -> None:
    ngram, lstm = runs.folder / "ngram", runs.folder / "lstm"
    said = textkit("report", tmp_path / "none")
    assert (said.status, said.err.count("no such folder")) == (1, 1)
    assert not (tmp_path / "none").exists()
    for arguments, why in (
        ([ngram, lstm], "--output F.html"),
        ([ngram, "-o", tmp_path / "x.txt"], "a report is a .html file"),
        ([ngram, lstm, "-o", tmp_path / "x.html", "--test", runs.folder / "text"], "of one run"),
        ([ngram, f"{ngram}/", "-o", tmp_path / "x.html"], "a run is named twice"),
        ([ngram, "--samples", "101"], "--samples"),
    ):
        said = textkit("report", *arguments)
        assert (said.status, why in said.err) == (2, True), said.err
    (tmp_path / "empty").touch()
    said = textkit("report", ngram, "--test", tmp_path / "empty", "-o", tmp_path / "x.html")
    assert (said.status, "is empty" in said.err) == (1, True)
    damaged = tmp_path / "damaged"
    shutil.copytree(lstm, damaged)
    (damaged / "log.jsonl").write_text("{]\n")
    said = textkit("report", damaged)
    assert said.err == f"textkit: error: {damaged}/log.jsonl:1: damaged: not a JSON object of numbers\n"
    weights = next(damaged.glob("best-*.safetensors"), None) or next(damaged.glob("last-*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    assert "checksum differs" in textkit("report", damaged).err
    assert not list(tmp_path.glob("*.html"))


@pytest.mark.parametrize("key", ["plan", "trials"])
@pytest.mark.parametrize(
    "value", [None, [], {"x": {"state": 1}}, {"command": "x"}, {"y": {"state": "", "figure": "1"}}]
)
def test_a_damaged_sweep_is_an_error(key: str, value: object, runs: Runs, textkit, tmp_path: Path) -> None:
    folder = sweep_folder(tmp_path / "sweep", runs)
    document = json.loads((folder / "sweep.json").read_text())
    document[key] = value
    (folder / "sweep.json").write_text(json.dumps(document))
    if (key, value) == ("trials", []):
        return  # no trial is done
    said = textkit("report", folder)
    assert (said.status, "sweep.json: damaged" in said.err) == (1, True), said.err
