"""compare, and what else commands do with the runs of networks: lm-info, lm-convert, score that adapts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.tasks.language_model import make_config, train

TEXT = ["the cat sat on the mat", "a dog sat on a log", "", "the dog saw the cat", "a cat saw a dog"] * 8
SMALL = {"epochs": 1, "embedding": 8, "batch_size": 4, "steps": 5, "min_count": 1}
Textkit = Callable[..., Any]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text("".join(line + "\n" for line in TEXT))
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """An n-gram model, an LSTM of the same words, a Transformer of characters."""
    settings: dict[str, dict[str, Any]] = {
        "ngram": {"order": 3, "smoothing": "witten-bell"},
        "lstm": {**SMALL, "model": "lstm", "hidden": 8},
        "characters": {**SMALL, "model": "transformer", "heads": 2, "unit": "char"},
    }
    folder = tmp_path_factory.mktemp("runs")
    for name, chosen in settings.items():
        train(TEXT, make_config(chosen), out=folder / name)
    return [folder / name for name in settings]


def test_weights_are_not_tuned_on_the_test_text(textkit: Textkit, runs: list[Path], text: Path) -> None:
    ran = textkit("compare", *runs, "--test", text, "--valid", text.parent / "." / text.name)
    assert (ran.status, ran.out) == (2, "")
    assert "is the test text: weights tuned on it would flatter the mixtures" in ran.err


def test_a_row_a_model_and_a_row_a_mixture(
    textkit: Textkit, runs: list[Path], text: Path, tmp_path: Path
) -> None:
    valid = tmp_path / "valid.txt"
    valid.write_text("".join(line + "\n" for line in TEXT[::2]))
    ran = textkit("compare", *runs, "--test", text, "--valid", valid)
    assert ran.status == 0
    head, *rows = ran.out.splitlines()
    assert head.split() == [
        "kind", "unit", "size", "on", "disk", "tokens", "unknown", "perplexity", "bits/char", "bits/byte"
    ]  # fmt: skip
    assert {row.split()[0]: row.split()[1:3] for row in rows[:3]} == {
        str(runs[0]): ["3-gram", "word"],
        str(runs[1]): ["lstm", "word"],
        str(runs[2]): ["transformer", "char"],
    }
    assert rows[4].split() == ["interpolated", "perplexity", "bits/char", "bits/byte"]
    weight, first, plus, other, second, *_ = rows[5].split()
    assert (plus, {first, second}) == ("+", {str(runs[0]), str(runs[1])})
    assert float(weight) + float(other) == pytest.approx(1, abs=0.002)
    assert ran.err == (
        "textkit: perplexities are per token, and tokens differ here: compare bits\n"
        f"textkit: {runs[2]} is not interpolated: no n-gram model has its tokens\n"
    )
    assert textkit("compare", *runs, "--test", text, "--valid", valid, "-q", "-o", tmp_path / "out") == (
        0, "", ""
    )  # fmt: skip
    assert (tmp_path / "out").read_text() == ran.out


def test_json_agrees_with_score(textkit: Textkit, runs: list[Path], text: Path) -> None:
    ran = textkit("compare", *runs, "--test", text, "--json")
    assert (ran.status, ran.err) == (0, "")
    said = json.loads(ran.out)
    assert said["mixtures"] == []
    assert any("--valid" in note for note in said["notes"])
    for row in said["models"]:
        score = json.loads(textkit("score", row["model"], text, "--json", "-q").out)
        assert {name: row[name] for name in score} == pytest.approx(score)
        assert ("ngrams" in row) is (row["kind"] == "3-gram")


def test_bad_requests_are_one_line(textkit: Textkit, runs: list[Path], text: Path, tmp_path: Path) -> None:
    ngram, lstm, _ = runs
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    score = ["score", lstm, text]
    for arguments, status, message in [
        (["compare", ngram, "--test", tmp_path / "none"], 1, f"{tmp_path}/none: no such file"),
        (["compare", ngram, ngram, "--test", text], 2, f"{ngram}: named twice; compare different models"),
        (
            ["compare", tmp_path / "none", "--test", text],
            1,
            "none: there is no such run, model folder or ARPA",
        ),
        (["compare", ngram, "--test", empty], 1, "empty.txt: is empty; there is no line to read"),
        (["compare", ngram, "--test", text, "-o", text], 2, f"--output {text} would replace the input"),
        ([*score, "--cache", "--dynamic", 0.1], 2, "--cache and --dynamic exclude each other"),
        ([*score, "--cache-theta", 0.1], 2, "--cache-theta needs --cache"),
        ([*score, "--cache-window", 0], 2, "--cache-window needs --cache"),
        ([*score, "--cache", "--cache-window", 0], 2, "the window of a cache must be at least 1 token"),
        ([*score, "--dynamic-rms"], 2, "--dynamic-rms needs --dynamic"),
        ([*score, "--tune", text], 2, "--tune needs --cache or --dynamic"),
        ([*score, "--cache", "--tune", text, "--cache-weight", 0.1], 2, "--cache-weight and --tune exclude"),
        ([*score, "--cache", "--tune", tmp_path / "none"], 1, f"{tmp_path}/none: no such file"),
        ([*score, "--cache", "--per-line"], 2, "--per-line and --per-token give plain scores; leave out"),
        ([*score, "--cache", "--context", "line"], 2, "it needs the context 'stream', not 'line'"),
        (["score", ngram, text, "--dynamic", 0.1], 2, "only neural models adapt to what they read"),
        (["lm-convert", lstm, tmp_path / "x"], 2, "a network is converted to ONNX: name a file that ends in"),
        (["lm-convert", ngram, tmp_path / "x.onnx"], 2, "only networks become ONNX files"),
        (
            ["lm-convert", lstm, tmp_path / "none" / "x.onnx"],
            2,
            "x.onnx: name a file in a folder that exists",
        ),
        (["lm-convert", lstm, tmp_path / "x.onnx", "--quantise"], 2, "--quantise is for model folders of n-"),
    ]:
        ran = textkit(*arguments)
        assert (ran.status, ran.out) == (status, ""), ran
        assert message in ran.err
        assert ran.err.count("\n") == 1


def test_scores_that_adapt_are_labelled(textkit: Textkit, runs: list[Path], text: Path) -> None:
    lstm = runs[1]
    plain = json.loads(textkit("score", lstm, text, "--json", "-q").out)
    assert "method" not in plain
    table = textkit("score", lstm, text, "--cache", "--cache-window", 50, "--cache-weight", 0.2, "-q").out
    assert table.splitlines()[0] == "with continuous cache: window 50, theta 0.3, weight 0.2"
    said = json.loads(textkit("score", lstm, text, text, "--dynamic", 0.1, "--json", "-q").out)
    method = {
        "name": "dynamic evaluation",
        "rate": 0.1,
        "steps": 5,
        "decay": 0,
        "update": "sgd",
        "tuned": False,
    }
    assert said["method"] == method
    assert [file["method"] for file in said["files"]] == [method, method]
    assert said["files"][0]["log_prob"] == pytest.approx(said["files"][1]["log_prob"])  # each from the start
    assert said["perplexity"] < plain["perplexity"]
    tuned = json.loads(textkit("score", lstm, text, "--cache", "--tune", text, "--json", "-q").out)
    assert tuned["method"]["tuned"]
    assert tuned["perplexity"] < plain["perplexity"]
    rms = ["--dynamic", 0.001, "--dynamic-rms", "--dynamic-steps", 4, "--dynamic-decay", 0.01]
    said = json.loads(textkit("score", lstm, text, *rms, "--json", "-q").out)
    assert said["method"] | {"update": "rms", "steps": 4, "decay": 0.01} == said["method"]


def test_lm_info_of_a_network(textkit: Textkit, runs: list[Path], tmp_path: Path) -> None:
    lstm = runs[1]
    ran = textkit("lm-info", lstm)
    assert (ran.status, ran.err) == (0, "")
    rows = [line.split(maxsplit=1) for line in ran.out.splitlines()]
    assert ["model", f"{lstm} (run folder, lstm)"] in rows
    said = json.loads(textkit("lm-info", lstm, "--json").out)
    assert ["parameters", f"{said['parameters']:,}"] in rows
    assert ["layers.0", f"{said['parts']['layers.0']:,}"] in rows
    assert said["kind"] == "lstm"
    assert said["settings"]["hidden"] == 8
    assert said["training"]["epochs"] == 1
    assert said["training"]["best_valid_loss"] > 0
    assert "valid" in said["results"]
    assert textkit("lm-info", lstm, "-o", tmp_path / "out") == (0, "", "")
    assert (tmp_path / "out").read_text() == ran.out


def test_lm_convert_to_onnx(textkit: Textkit, runs: list[Path], tmp_path: Path) -> None:
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    ran = textkit("lm-convert", runs[1], tmp_path / "model.onnx")
    assert (ran.status, ran.out) == (0, "")
    assert f" MB) to {tmp_path}/model.onnx (0.0 MB); log probabilities differ by " in ran.err
    assert ran.err.count("\n") == 1
