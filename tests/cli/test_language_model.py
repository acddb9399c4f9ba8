"""train-lm, score and generate as a user runs them."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from textkit_cli.main import main

TEXT = ["the cat sat on the mat", "a dog sat on a log", "", "the dog saw the cat", "a cat saw a dog"] * 8
SMALL = ["--epochs", "2", "--embedding", "8", "--batch-size", "4", "--steps", "5"]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("".join(line + "\n" for line in TEXT))
    return path


@pytest.fixture
def run(tmp_path: Path, text: Path) -> Path:
    assert main(["train-lm", str(text), "--model", "ngram", "--order", "3", "-o", str(tmp_path / "run")]) == 0
    return tmp_path / "run"


def spawn(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "textkit_cli", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )


@pytest.mark.parametrize("model", ["ngram", "rnn", "gru", "lstm", "transformer"])
@pytest.mark.parametrize("unit", ["word", "char", "subword"])
def test_every_model_and_unit_trains_scores_and_generates(
    model: str, unit: str, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "run")
    options = {"ngram": [], "transformer": [*SMALL, "--heads", "2", "--layers", "2"]}.get(model, [*SMALL])
    options += ["--pieces", "20"] if unit == "subword" else []
    status = main(
        ["train-lm", str(text), "--model", model, "--unit", unit, "--test", str(text), *options, "-o", folder]
    )
    out, err = capsys.readouterr()
    assert status == 0, err
    assert out.splitlines()[0].split()[:2] == ["perplexity", "of"]
    assert out.splitlines()[-1].startswith("test ")

    assert main(["score", folder, str(text), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result.keys() >= {
        "perplexity", "perplexity_known", "bits_per_character", "bits_per_byte", "tokens", "unknown"
    }  # fmt: skip
    assert result["lines"] == len(TEXT)
    assert result["bytes"] == result["characters"] == text.stat().st_size
    assert 1 < result["perplexity"] < 60
    assert result["bits_per_byte"] == pytest.approx(
        (result["tokens"] * math.log2(result["perplexity"]) + result["spelling_bits"]) / result["bytes"]
    )
    words = sum(len(line.split()) for line in TEXT)
    expected = {"word": words + len(TEXT), "char": text.stat().st_size}
    assert result["tokens"] == expected.get(unit, result["tokens"])

    assert main(["generate", folder, "--prompt", "the cat", "--length", "5", "--seed", "3"]) == 0
    first = capsys.readouterr().out
    assert first.startswith("the cat")
    assert main(["generate", folder, "--prompt", "the cat", "--length", "5", "--seed", "3"]) == 0
    assert capsys.readouterr().out == first


def test_a_neural_run_leaves_its_curve_and_log(text: Path, tmp_path: Path, curves: None) -> None:
    folder = tmp_path / "run"
    assert main(["train-lm", str(text), "--model", "gru", *SMALL, "--log-every", "1", "-o", str(folder)]) == 0
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [r["step"] for r in records] == sorted(r["step"] for r in records)
    assert sum("valid_perplexity" in r for r in records) == 2
    assert (folder / "config.toml").read_text().startswith('model = "gru"')


def test_per_line_scores_sum_to_the_whole(run: Path, text: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(run), str(text), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert main(["score", str(run), str(text), "--per-line"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == len(TEXT)
    assert sum(float(row[0]) for row in rows) == pytest.approx(whole["log_prob"], abs=1e-4)
    assert sum(int(row[1]) for row in rows) == whole["tokens"]
    assert main(["score", str(run), str(text), "--per-line", "--json"]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [str(o["tokens"]) for o in objects] == [row[1] for row in rows]


def test_settings_come_from_a_file_and_options_override(text: Path, tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text('model = "ngram"\norder = 4\nsmoothing = "witten-bell"\n')
    assert (
        main(["train-lm", str(text), "--config", str(config), "--order", "2", "-o", str(tmp_path / "run")])
        == 0
    )
    recorded = (tmp_path / "run" / "config.toml").read_text()
    assert "order = 2" in recorded
    assert 'smoothing = "witten-bell"' in recorded


def test_arpa_is_written_beside_the_run(text: Path, tmp_path: Path) -> None:
    arpa = tmp_path / "model.arpa"
    assert (
        main(["train-lm", str(text), "--order", "2", "--arpa", str(arpa), "-o", str(tmp_path / "run")]) == 0
    )
    assert arpa.read_text().startswith("\\data\\\nngram 1=")


def test_standard_input_is_a_text(tmp_path: Path) -> None:
    process = spawn("train-lm", "--order", "2", "-o", str(tmp_path / "run"), "-q")
    assert process.communicate("a b\nb a\n", timeout=60) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [
        (
            ["--model", "lstn"],
            "setting 'model': input should be 'ngram', 'rnn', 'gru', 'lstm' or 'transformer', not 'lstn'",
            2,
        ),
        (["--smoothing", "kneserney"], "unknown smoothing 'kneserney': did you mean 'kneser-ney'?", 2),
        (["--tokenizer", "jeiba"], "unknown tokenizer 'jeiba': did you mean 'jieba'?", 2),
        (["--clean", "wbe"], "unknown preset 'wbe': did you mean 'web'?", 2),
        (["--model", "gru", "--order", "3"], "the setting 'order' is for an n-gram model", 2),
        (["--model", "gru", "--arpa", "x"], "--arpa is for n-gram models", 2),
        (["--smoothing", "add-k", "--arpa", "x"], "--arpa cannot hold the smoothing add-k", 2),
        (["--arpa", "nowhere/x"], "--arpa nowhere/x: name a file in a folder that exists", 2),
        (["--config", "none.toml"], "none.toml: cannot be read: no such file or directory", 2),
        (["--valid", "none.txt"], "none.txt", 1),
        (
            ["--unit", "subword", "--pieces", "100000"],
            "pieces 100000 is too large for this text: give at most 20",
            2,
        ),
    ],
)
def test_bad_requests_are_one_line_and_leave_nothing(
    arguments: list[str],
    message: str,
    status: int,
    text: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "run"
    assert main(["train-lm", str(text), *arguments, "-o", str(folder)]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not folder.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["text.txt"]


def test_a_taken_run_folder_is_refused_before_any_work(
    run: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(run.iterdir())
    capsys.readouterr()
    assert main(["train-lm", str(text), "-o", str(run)]) == 1
    assert "there is a run already: go on by --resume" in capsys.readouterr().err
    assert sorted(run.iterdir()) == before


@pytest.mark.parametrize("command", ["score", "generate"])
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated weights", "edited vocabulary"])
def test_corrupt_runs_are_told_in_one_line(
    command: str, damage: str, run: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = run / "model" / "log_prob.2.f32"
    if damage == "missing":
        run = run / "nowhere"
    elif damage == "empty":
        shutil.rmtree(run)
        run.mkdir()
    elif damage == "truncated weights":
        weights.write_bytes(weights.read_bytes()[:-9])
    else:
        (run / "vocab.txt").write_text((run / "vocab.txt").read_text().replace("cat", "cow"))
    capsys.readouterr()
    assert main([command, str(run), *([str(text)] if command == "score" else [])]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert str(run) in err


def test_an_infinite_perplexity_is_explained(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "run")
    assert main(["train-lm", str(text), "--smoothing", "mle", "-o", folder]) == 0
    (tmp_path / "new.txt").write_text("zebra\n")
    capsys.readouterr()
    assert main(["score", folder, str(tmp_path / "new.txt"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["perplexity"] is None
    assert "perplexity is infinite: 1 tokens have probability zero" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_go_on(number: signal.Signals, text: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    arguments = ["--model", "lstm", *SMALL, "--epochs", "100000", "--patience", "100000", "--seed", "5"]
    process = spawn("train-lm", str(text), *arguments, "-o", str(folder))
    deadline = time.monotonic() + 60
    while not (folder / "log.jsonl").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert out == ""
    assert f"nothing is lost; go on with: textkit train-lm --resume {folder}" in err.splitlines()[-1]
    epochs = json.loads((folder / "manifest.json").read_text())["last"]["epoch"] + 2
    assert main(["train-lm", "--resume", str(folder), "--epochs", str(epochs)]) == 0
