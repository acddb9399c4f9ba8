"""`textkit report`: the page of each kind of run, of several and of a sweep; the commands' figures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .report_page import Page
from .report_runs import KINDS, Runs, changed_copy, sweep_folder, write_lines


def _has_table(page: Page, printed: str) -> None:
    """Every row of a printed table is one of the page's, cell by cell."""
    found = [" ".join(row).split() for row in page.rows()]
    for line in printed.splitlines():
        if line.strip() and not line.endswith(":") and not line.startswith("BLEU"):
            assert line.split() in found, line


@pytest.mark.parametrize("kind", KINDS)
def test_the_results_are_those_that_training_printed(kind: str, runs: Runs, page_of) -> None:
    page = page_of(runs.folder / kind, "--samples", 2)
    _has_table(page, runs.printed[kind])
    assert page.sections[0] == "Results"
    assert page.sections[-1] == "Recipe"


@pytest.mark.parametrize("kind", ["ngram", "lstm"])
def test_what_a_language_model_writes_and_scores(kind: str, runs: Runs, page_of, textkit) -> None:
    run, held = runs.folder / kind, runs.folder / "held <i>out"
    page = page_of(run, "--test", held, "--samples", 2, "--seed", 3)
    score = textkit("score", run, held, "-q").out.splitlines()
    [row] = [row for row in page.rows() if row[0] == str(held)]
    assert " ".join(row[1:]).split() == score[1].split()
    written = textkit("generate", run, "--samples", 2, "--seed", 3, "--length", 60, "--json").out
    for line in written.splitlines():
        first = json.loads(line)["text"].replace("\x07", "\\x07").replace("\u202e", "\\u202e")
        assert first.replace("\u202c", "\\u202c") in page.text
    lines = textkit("score", run, held, "--per-line", "--json", "-q").out.splitlines()
    costs = [json.loads(line)["bits_per_character"] for line in lines]
    assert f"line {costs.index(max(costs)) + 1}: {max(costs):.2f} bits a character" in page.text


def test_the_n_grams_are_those_of_lm_info_and_score(runs: Runs, page_of, textkit) -> None:
    run, held = runs.folder / "ngram", runs.folder / "held <i>out"
    page = page_of(run, "--test", held)
    info = json.loads(textkit("lm-info", run, "--json").out)
    for order, size in enumerate(info["ngrams"], 1):
        assert [f"{order}-grams", f"{size:,}"] in page.rows()
    tokens = textkit("score", run, held, "--per-token", "--json", "-q").out.splitlines()
    lengths = [length for line in tokens for length in json.loads(line)["lengths"]]
    for order in (1, 2):
        hits = lengths.count(order)
        assert [f"{order}-grams", f"{hits} ({hits / len(lengths):.1%})"] in page.rows()


@pytest.mark.parametrize("kind", ["linear", "bag"])
def test_what_misleads_a_classifier(kind: str, runs: Runs, page_of, textkit) -> None:
    run, noisy = runs.folder / kind, runs.folder / "noisy.tsv"
    page = page_of(run, "--test", noisy, "--samples", 3)
    _has_table(page, re.sub("^all ", f"{noisy} ", textkit("evaluate", run, noisy).out, flags=re.MULTILINE))
    measured = json.loads(textkit("evaluate", run, noisy, "--json", "--mistakes", 3).out)
    for each in measured["mistakes"]:
        assert f"{each['where']}: answer {each['answer']} ({each['probability']:.3f})" in page.text
        told = json.loads(
            textkit("explain", run, "--text", each["text"], "--target", each["answer"], "--json").out
        )
        assert (
            f"{told['target']} against {told['against']}: {told['value']:+.3f} by {told['method']}"
            in page.text
        )
        titles = [value for _, name, value in page.attributes if name == "title"]
        assert f"{max(word['score'] for word in told['words']):+.4f}" in titles
    if kind == "linear":
        driving = textkit("explain", run, "--global", "--top", 10, "--json").out
        words = next(iter(json.loads(driving.splitlines()[0]).values()))
        assert f"{words[0]['effect']:+.4f}" in [row[-1] for row in page.rows()]


def test_what_a_tagger_finds(runs: Runs, page_of, textkit) -> None:
    run, tagged = runs.folder / "tagger", runs.folder / "tagged.conll"
    page = page_of(run, "--test", tagged, "--samples", 24)
    _has_table(page, textkit("tag", run, tagged, "--evaluate").out)
    confusion = next(table for table in page.tables if table[0][0] == "true \\ found")
    assert sum(int(cell) for row in confusion[1:] for cell in row[1:]) == 24 * 6
    marked = sum(value == "span" for tag, name, value in page.attributes if (tag, name) == ("span", "class"))
    report = json.loads(textkit("tag", run, tagged, "--evaluate", "--json").out)
    assert marked == report["found"]
    assert "[<i>goal]" not in page.html


def test_what_a_translator_makes(runs: Runs, page_of, textkit, tmp_path: Path) -> None:
    run, pairs = runs.folder / "nmt", runs.folder / "pairs.tsv"
    page = page_of(run, "--test", pairs, "--samples", 3)
    sides = [line.split("\t") for line in pairs.read_text(encoding="utf-8").splitlines()]
    write_lines(tmp_path / "source", [source for source, _ in sides])
    write_lines(tmp_path / "target", [target for _, target in sides])
    translated = textkit("translate", run, tmp_path / "source", "-q").out
    measured = textkit("bleu", "--ref", tmp_path / "target", "--json", "--no-confidence", stdin=translated)
    score = json.loads(measured.out)["BLEU"]
    [row] = [row for row in page.rows() if row[0] == str(pairs)]
    assert row[-1] == f"{score['score']:.2f}"
    assert [f"all {len(sides)}", row[-1]] in page.rows()
    assert score["signature"] in page.text
    assert row[2] == next(each for each in page.rows() if each[0] == "test")[2]  # perplexity, as in training
    assert sum("matrix attention" in value for _, _, value in page.attributes) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_run_gives_the_same_bytes(kind: str, runs: Runs, textkit) -> None:
    run = runs.folder / kind
    assert textkit("report", run, "-q", "--samples", 1).status == 0
    first = (run / "report.html").read_bytes()
    assert textkit("report", run, "-q", "--samples", 1).status == 0
    assert (run / "report.html").read_bytes() == first
    (run / "report.html").unlink()


def test_curves_mark_the_best_step(runs: Runs, page_of) -> None:
    page = page_of(runs.folder / "lstm", "--samples", 0)
    best = json.loads((runs.folder / "lstm" / "manifest.json").read_text())["best"]["step"]
    assert f"dashed: best step, {best}" in page.text
    records = [json.loads(line) for line in (runs.folder / "lstm" / "log.jsonl").read_text().splitlines()]
    validations = [each for each in records if "valid_loss" in each]
    table = next(table for table in page.tables if "valid loss" in table[0])
    assert [row[0] for row in table[1:]] == [f"{each['step']:,}" for each in validations]
    assert page.html.count("<svg") >= 4
    assert "What it writes" not in page.sections


def test_the_recipe_marks_what_is_not_the_default(runs: Runs, page_of) -> None:
    page = page_of(runs.folder / "lstm", "--samples", 0)
    settings = next(table for table in page.tables if table[0] == ["setting", "value", "default"])
    rows = {name: rest for name, *rest in settings[1:]}
    assert rows["embedding"][0] == "8"
    assert rows["embedding"][1] not in ("", "8")
    assert rows["layers"][1] == ""
    files = next(table for table in page.tables if table[0] == ["file", "bytes", "sha256"])
    manifest = json.loads((runs.folder / "lstm" / "manifest.json").read_text())
    assert {row[0]: row[2] for row in files[1:]} == {n: e["sha256"] for n, e in manifest["files"].items()}


def test_a_report_can_go_to_standard_output(runs: Runs, textkit) -> None:
    said = textkit("report", runs.folder / "ngram", "-o", "-", "--samples", 1)
    assert (said.status, said.err) == (0, "")
    Page(said.out).check_safe()


def test_several_runs_are_compared(runs: Runs, page_of, tmp_path: Path) -> None:
    other = changed_copy(runs, "lstm", tmp_path / "<b>other", lambda document: document.pop("results"))
    page = page_of(runs.folder / "ngram", runs.folder / "lstm", other, runs.folder / "tagger")
    for name in ("ngram", "lstm"):
        row = runs.printed[name].splitlines()[1].split()
        assert [f"{name},", *row] in [" ".join(each).split() for each in page.rows()]
    differing = next(
        table for table in page.tables if table[0] == ["setting", "ngram", "lstm", "<b>other", "tagger"]
    )
    assert ["model", "ngram", "lstm", "lstm", "lstm"] in differing
    assert "Not trained to their end: <b>other." in page.text


def test_a_sweep_shows_its_trials_the_best_first(runs: Runs, page_of, tmp_path: Path) -> None:
    page = page_of(sweep_folder(tmp_path / "sweep", runs))
    table = page.tables[0]
    assert [row[0] for row in table] == ["trial", "trial-002", "trial-001", "trial-003"]
    assert table[1][3:] == ["0.7500", "12", "finished"]
    assert table[2][-1].startswith("failed: ")
    assert table[3][-1] == "waiting"
    assert page.html.count('<tr class="best"><th scope="row">trial-') == 1
    assert '<tr class="best"><th scope="row">trial-002' in page.html
    assert "1 of 3 trials are not done yet" in page.text
    _has_table(page, runs.printed["bag"])
