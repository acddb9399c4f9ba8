"""`textkit report`: a page of each kind of run, safe whatever it holds, with the figures of the commands."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from textkit_cli.main import main

from .report_page import Page

EVIL = '<script>alert(1)</script> "><img src=x onerror=alert(1)> \u202eevil\u202c \x07 </style> &amp;'
LABELS = ('<b>good</b>"', "bad' onclick='x")
WORDS = ["boat", "sea", "早上", "好", "fish", "net", "storm", EVIL]
KINDS = ["ngram", "lstm", "linear", "bag", "tagger", "nmt"]


def _lines(count: int) -> list[str]:
    return [
        f"the {WORDS[n % 8]} and the {WORDS[n * 3 % 8]} {'did' if n % 2 else 'had'} {WORDS[n % 5]}"
        for n in range(count)
    ]


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _tagged(count: int) -> str:
    rows = []
    for n in range(count):
        city = WORDS[n % 8].replace(" ", "_").replace("\x07", "")
        rows.append(f"go\tO\nto\tO\n{city}\tB-<i>goal\nfrom\tO\nNew\tB-begin\nYork\tI-begin\n\n")
    return "".join(rows)


class Runs:
    """A run of each kind, and what its training printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed: dict[str, str] = {}
        _write(folder / "text", _lines(60))
        _write(folder / "held <i>out", _lines(9))
        labelled = [f"{LABELS[n % 3 == 0]}\t{line}" for n, line in enumerate(_lines(60))]
        _write(folder / "labelled.tsv", labelled)
        _write(folder / "noisy.tsv", [f"{LABELS[n % 2]}\t{line}" for n, line in enumerate(_lines(30))])
        (folder / "tagged.conll").write_text(_tagged(24), encoding="utf-8")
        _write(folder / "pairs.tsv", [f"{line}\t{line[4:]}" for line in _lines(30)])

    def train(self, name: str, command: str, *arguments: str) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as errors:
            status = main([command, *map(str, arguments), "-q", "-o", str(self.folder / name)])
        assert status == 0, errors.getvalue()
        self.printed[name] = out.getvalue()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    made = Runs(tmp_path_factory.mktemp("runs"))
    text, held, labelled, noisy, tagged, pairs = (
        str(made.folder / name)
        for name in ("text", "held <i>out", "labelled.tsv", "noisy.tsv", "tagged.conll", "pairs.tsv")
    )
    with pytest.MonkeyPatch.context() as patch:  # nobody looks at the pictures in the runs
        patch.setattr("textkit.train.trainer.draw_curve", lambda *_log, **_measure: None)
        made.train("ngram", "train-lm", text, "--model=ngram", "--order=2", f"--valid={held}")
        small = (
            "--embedding=8",
            "--batch-size=2",
            "--steps=8",
            "--max-steps=9",
            "--validate-every=4",
            "--log-every=2",
        )
        made.train("lstm", "train-lm", text, "--model=lstm", f"--valid={held}", *small)
        made.train("linear", "train-classifier", labelled, "--tokenizer=regex", f"--test={noisy}")
        bag = ("--preset=embedding-bag", "--tokenizer=whitespace", "--epochs=2", f"--dev={noisy}")
        made.train("bag", "train-classifier", labelled, *bag)
        small = ("--embedding=8", "--letters=4", "--hidden=8", "--epochs=2", f"--dev={tagged}")
        made.train("tagger", "train-tagger", tagged, *small)
        small = ("--width=16", "--layers=1", "--heads=2", "--tokenizer=whitespace", "--feed-forward=8")
        learning = ("--max-steps=40", "--learning-rate=0.02", "--warmup=1", "--min-count=1", "--valid-bleu=0")
        more = ("--device=cpu", "--precision=fp32", f"--test-pairs={pairs}")
        made.train("nmt", "train-nmt", f"--pairs={pairs}", f"--valid-pairs={pairs}", *small, *learning, *more)
    return made


@pytest.fixture
def page_of(runs: Runs, textkit, tmp_path: Path) -> Callable[..., Page]:
    """A function: the page of a run, from which nothing can be fetched or run."""

    def make(*arguments: object) -> Page:
        out = tmp_path / "page.html"
        said = textkit("report", *arguments, "-o", out)
        assert (said.status, said.out, said.err) == (0, "", f"textkit: the report is {out}\n")
        page = Page(out.read_text(encoding="utf-8"))
        page.check_safe()
        return page

    return make


def _has_table(page: Page, printed: str) -> None:
    """Every row of a printed table is one of the page's, cell by cell."""
    found = [" ".join(row).split() for row in page.rows()]
    for line in printed.splitlines():
        if line.strip() and not line.endswith(":") and not line.startswith("BLEU"):
            assert line.split() in found, line


TESTS = {
    "ngram": "held <i>out",
    "lstm": "held <i>out",
    "linear": "noisy.tsv",
    "bag": "noisy.tsv",
    "tagger": "tagged.conll",
    "nmt": "pairs.tsv",
}


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
    _write(tmp_path / "source", [source for source, _ in sides])
    _write(tmp_path / "target", [target for _, target in sides])
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


def _copy(runs: Runs, kind: str, to: Path, change: Callable[[dict], object]) -> Path:
    """A copy of a run whose manifest was changed."""
    shutil.copytree(runs.folder / kind, to)
    document = json.loads((to / "manifest.json").read_text())
    document.pop("digest", None)  # whoever forges a manifest can leave it out
    change(document)
    (to / "manifest.json").write_text(json.dumps(document))
    return to


def test_an_unfinished_run_shows_what_there_is(runs: Runs, page_of, tmp_path: Path) -> None:
    page = page_of(_copy(runs, "lstm", tmp_path / "half", lambda document: document.pop("results")))
    assert "has not come to its end" in page.text
    assert {"Training", "What it writes", "Recipe"} <= set(page.sections)

    def forget(document: dict) -> None:
        for key in ("results", "best", "last", "anchor"):
            document.pop(key, None)

    page = page_of(_copy(runs, "bag", tmp_path / "begun", forget))
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
    run = _copy(runs, kind, tmp_path / "run", lambda document: document.update(results=results))
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

    run = _copy(runs, "lstm", tmp_path / "<script>x<", poison)
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


def test_a_report_can_go_to_standard_output(runs: Runs, textkit) -> None:
    said = textkit("report", runs.folder / "ngram", "-o", "-", "--samples", 1)
    assert (said.status, said.err) == (0, "")
    Page(said.out).check_safe()


def test_several_runs_are_compared(runs: Runs, page_of, tmp_path: Path) -> None:
    other = _copy(runs, "lstm", tmp_path / "<b>other", lambda document: document.pop("results"))
    page = page_of(runs.folder / "ngram", runs.folder / "lstm", other, runs.folder / "tagger")
    for name in ("ngram", "lstm"):
        row = runs.printed[name].splitlines()[1].split()
        assert [f"{name},", *row] in [" ".join(each).split() for each in page.rows()]
    differing = next(
        table for table in page.tables if table[0] == ["setting", "ngram", "lstm", "<b>other", "tagger"]
    )
    assert ["model", "ngram", "lstm", "lstm", "lstm"] in differing
    assert "Not trained to their end: <b>other." in page.text


def _sweep(folder: Path, runs: Runs) -> Path:
    """The folder of a sweep with a finished trial, one that failed and one that waits."""
    folder.mkdir()
    varied = {f"trial-00{n}": {"epochs": n, "<b>": EVIL} for n in (1, 2, 3)}
    plan = {
        "command": "train-classifier",
        "measure": "accuracy",
        "inputs": {"train": EVIL},
        "content of the inputs": {EVIL: "0123"},
        "settings": {"preset": EVIL},
        "set of trials": varied,
    }
    failed = {"state": "failed", "figure": None, "seconds": 1.0, "message": EVIL}
    finished = {"state": "finished", "figure": 0.75, "seconds": 12.3, "message": ""}
    document = {
        "format": 1,
        "textkit": "0",
        "plan": plan,
        "trials": {"trial-001": failed, "trial-002": finished},
    }
    (folder / "sweep.json").write_text(json.dumps(document))
    shutil.copytree(runs.folder / "bag", folder / "trial-002")
    return folder


def test_a_sweep_shows_its_trials_the_best_first(runs: Runs, page_of, tmp_path: Path) -> None:
    page = page_of(_sweep(tmp_path / "sweep", runs))
    table = page.tables[0]
    assert [row[0] for row in table] == ["trial", "trial-002", "trial-001", "trial-003"]
    assert table[1][3:] == ["0.7500", "12", "finished"]
    assert table[2][-1].startswith("failed: ")
    assert table[3][-1] == "waiting"
    assert page.html.count('<tr class="best"><th scope="row">trial-') == 1
    assert '<tr class="best"><th scope="row">trial-002' in page.html
    assert "1 of 3 trials are not done yet" in page.text
    _has_table(page, runs.printed["bag"])


@pytest.mark.parametrize("key", ["plan", "trials"])
@pytest.mark.parametrize(
    "value", [None, [], {"x": {"state": 1}}, {"command": "x"}, {"y": {"state": "", "figure": "1"}}]
)
def test_a_damaged_sweep_is_an_error(key: str, value: object, runs: Runs, textkit, tmp_path: Path) -> None:
    folder = _sweep(tmp_path / "sweep", runs)
    document = json.loads((folder / "sweep.json").read_text())
    document[key] = value
    (folder / "sweep.json").write_text(json.dumps(document))
    if (key, value) == ("trials", []):
        return  # no trial is done
    said = textkit("report", folder)
    assert (said.status, "sweep.json: damaged" in said.err) == (1, True), said.err
