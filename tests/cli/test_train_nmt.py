"""`textkit train-nmt`: two files or one, what is checked before the work, and going on."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

SOURCES = [
    f"{who} {what} la porte {n} ." for n in range(6) for who in ("je", "tu") for what in ("vois", "ferme")
]
TARGETS = [f"{who} {what} door {n} ." for n in range(6) for who in ("I", "you") for what in ("see", "close")]
SMALL = [
    "--width=8", "--layers=1", "--heads=2", "--tokenizer=whitespace", "--feed-forward=8", "--device=cpu",
    "--max-steps=2", "--valid-bleu=2", "--precision=fp32", "--dev-fraction=0.1",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fr").write_text("".join(f"{line}\n" for line in SOURCES))
    (tmp_path / "en").write_text("".join(f"{line}\n" for line in TARGETS))
    rows = [f"{source}\t{target}\n" for source, target in zip(SOURCES, TARGETS, strict=True)]
    (tmp_path / "pairs.tsv").write_text("".join(rows))
    return tmp_path


def test_two_files_one_file_and_standard_input_are_the_same(folder: Path, textkit) -> None:
    said = textkit(
        "train-nmt", "--source", "fr", "--target", "en", "--test-pairs", "pairs.tsv", "-o", "two", *SMALL
    )
    assert said.status == 0, said.err
    header, valid, test, signature = said.out.splitlines()
    assert header.split() == ["pairs", "perplexity", "BLEU"]
    assert (valid.split()[0], test.split()[:2]) == ("valid", ["test", "24"])
    assert signature.startswith("BLEU: nrefs:1|case:mixed|eff:no|tok:13a")
    assert "of 24 pairs are held out for validation" in said.err
    assert " training pairs; 1 batch an epoch, " in said.err
    assert "% padding" in said.err
    assert said.err.endswith("textkit: the translator is in two; try: textkit translate two\n")
    results = json.loads((folder / "two" / "manifest.json").read_text())["results"]
    assert f"{results['test']['perplexity']:.2f}" == test.split()[2]
    one = textkit("train-nmt", "--pairs", "pairs.tsv", "--test-pairs", "pairs.tsv", "-o", "one", *SMALL)
    data = (folder / "pairs.tsv").read_bytes()
    piped = textkit(
        "train-nmt", "--pairs", "-", "-o", "piped", "--test-pairs", "pairs.tsv", "-q", *SMALL, stdin=data
    )
    assert said.out == one.out == piped.out
    assert piped.err == ""
    weights = [next(Path(name).glob("best-*.safetensors")).read_bytes() for name in ("two", "one", "piped")]
    assert weights[0] == weights[1] == weights[2]


def test_settings_come_from_files_too_and_a_run_goes_on(folder: Path, textkit) -> None:
    (folder / "own.toml").write_text(
        'preset = "course"\nwidth = 8\nmax_steps = 1\ndevice = "cpu"\nbatch_size = 3\n'
    )
    columns = ["--source-column", "fr", "--target-column", "en"]
    rows = zip(SOURCES, TARGETS, strict=True)
    (folder / "pairs.jsonl").write_text("".join(json.dumps({"fr": f, "en": e}) + "\n" for f, e in rows))
    said = textkit(
        "train-nmt", "--pairs", "pairs.jsonl", *columns, "--config", "own.toml", "--valid-bleu=0", "-o", "run"
    )
    assert said.status == 0, said.err
    assert "BLEU:" not in said.out
    config = tomllib.loads((folder / "run" / "config.toml").read_text())
    assert (config["model"], config["width"], config["max_steps"], config["batch_size"]) == ("gru", 8, 1, 3)
    assert textkit("train-nmt", "--resume", "run", "--max-steps=3").status == 0
    manifest = json.loads((folder / "run" / "manifest.json").read_text())
    assert (manifest["max_steps"], manifest["last"]["step"]) == (3, 3)
    again = textkit("train-nmt", "--resume", "run")
    assert "there is nothing left to train: all 3 steps are done" in again.err
    for more, name in ((["--width=9"], "--width"), (["--source", "fr"], "--source"), (["-o", "x"], "-o")):
        wrong = textkit("train-nmt", "--resume", "run", *more)
        assert wrong.status == 2
        assert f"--resume goes on with the run's own pairs and settings; leave out {name}" in wrong.err


FILES = ["--source", "fr", "--target", "en"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "new"], "name the files to learn from: --source and --target, or --pairs"),
        (["--source", "fr", "-o", "new"], "name the other with --target"),
        ([*FILES, "--valid-target", "en", "-o", "new"], "name the other with --valid-source"),
        (
            ["--pairs", "pairs.tsv", *FILES, "-o", "new"],
            "--pairs has both sides: leave out --source and --target",
        ),
        (FILES, "name the one to make with --output RUN"),
        ([*FILES, "-o", "-"], "name the one to make with --output RUN"),
        ([*FILES, "-o", "fr"], "fr: already exists"),
        (["--source", "none", "--target", "en", "-o", "new"], "none: no such file"),
        (["--source", "-", "--target", "-", "-o", "new"], "standard input can be read once only"),
        (["--source", "fr", "--target", "short", "-o", "new"], "short"),
        (["--source", "blank", "--target", "blank", "-o", "new"], "train: no pair is left to learn from"),
        ([*FILES, "-o", "new", "--heads=3"], "width must be even and a multiple of heads: width 8, heads 3"),
        ([*FILES, "-o", "new", "--preset=rrn"], "preset"),
        ([*FILES, "-o", "new", "--budget=soon"], "a time is written 90s, 15m, 1h or 1h30m"),
        ([*FILES, "-o", "new", "--tokenizer=jeiba"], "did you mean 'jieba'?"),
        (
            [*FILES, "--valid-source", "fr", "--valid-target", "en", "-o", "new"],
            "--dev-fraction holds out a part where no validation files are given",
        ),
        (["--resume", "none"], "none: not a textkit run: no such folder"),
    ],
)
def test_what_cannot_begin(folder: Path, textkit, arguments: list[str], message: str) -> None:
    (folder / "short").write_text("one line\n")
    (folder / "blank").write_text(" \n" * 5)
    settings = [] if "--resume" in arguments else SMALL
    said = textkit("train-nmt", *settings, *arguments)
    assert said.status in (1, 2)
    assert message in said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    assert not (folder / "new").exists()
