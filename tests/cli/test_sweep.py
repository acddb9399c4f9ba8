"""`textkit sweep`: trials are what the training commands make, and what cannot be is said before any."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.errors import UsageError
from textkit.tasks.classification.config import ClassifierConfig
from textkit.train.checkpoint import RunFolder
from textkit_cli.sweeping import read_sweep
from textkit_cli.trainings import TRAININGS, arguments

Run = Callable[..., Any]

LINES = "the cat sat on the mat\na dog sat on a log\nthe dog saw the cat\na cat saw a dog\n"
PAIRS = "label\ttext\n" + "".join(
    f"{label}\t{word} {rest}\n"
    for label, words in (("pos", "bright kind warm"), ("neg", "dull cold grim"))
    for word in words.split()
    for rest in ("film by the sea", "day in town", "story of a night", "talk on the stairs")
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with texts to read, which is the current one."""
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(LINES * 4)
    Path("valid.txt").write_text("the cat saw the mat\n")
    Path("train.tsv").write_text(PAIRS)
    Path("dev.tsv").write_text("label\ttext\npos\tkind day by the sea\nneg\tcold night in town\n")
    return tmp_path


NGRAMS = """
command = "train-lm"
[inputs]
files = ["text.txt"]
valid = "valid.txt"
[settings]
model = "ngram"
tokenizer = "whitespace"
[grid]
order = [1, 2]
"""
CLASSIFIERS = """
command = "train-classifier"
[inputs]
train = "train.tsv"
dev = "dev.tsv"
[settings]
preset = "embedding-bag"
tokenizer = "whitespace"
min_count = 1
epochs = 2
[grid]
learning_rate = [0.01, 0.03]
"""


def test_a_sweep_of_language_models(folder: Path, textkit: Run) -> None:
    Path("sweep.toml").write_text(NGRAMS)
    ran = textkit("sweep", "sweep.toml", "-o", "sweep", "-j", "2")
    assert ran.status == 0, ran.err
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == ["trial", "order", "valid", "bits_per_character", "seconds", "state"]
    assert [line[:2] for line in lines[1:]] == [["trial-002", "2"], ["trial-001", "1"]]
    assert "the best is sweep/trial-002; its figure was chosen" in ran.err
    results = RunFolder.open("sweep/trial-002").document["results"]
    assert list(results) == ["valid"]
    assert lines[1][2] == f"{results['valid']['bits_per_character']:.4f}"
    table = Path("sweep/sweep.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in table] == ["trial", "trial-002", "trial-001"]
    assert Path("sweep/sweep.png").read_bytes().startswith(b"\x89PNG")
    times = [path.stat().st_mtime_ns for path in sorted(Path("sweep").glob("trial-*/manifest.json"))]
    again = textkit("sweep", "sweep.toml", "-o", "sweep")
    assert again.out == ran.out
    assert "begins" not in again.err
    assert times == [path.stat().st_mtime_ns for path in sorted(Path("sweep").glob("trial-*/manifest.json"))]
    Path("text.txt").write_text("another text\n")
    changed = textkit("sweep", "sweep.toml", "-o", "sweep")
    assert changed.status == 1
    assert "differs in its content of the inputs: text.txt is now" in changed.err


def test_trials_that_all_fail_are_a_failure(folder: Path, textkit: Run) -> None:
    Path("train.tsv").write_text("label\ttext\npos\tone label only\n")
    text = CLASSIFIERS.replace("embedding-bag", "linear").replace(
        "learning_rate = [0.01, 0.03]", "min_df = [1]"
    )
    Path("sweep.toml").write_text(text.replace("epochs = 2", "").replace("min_count = 1", ""))
    ran = textkit("sweep", "sweep.toml", "-o", "sweep")
    assert ran.status == 1
    assert ran.out.splitlines()[1].startswith("trial-001")
    assert "failed: " in ran.out
    assert "sweep: no trial came to its end; see trial-001.log there" in ran.err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("train-classifier", "train-clasifier", "unknown training command 'train-clasifier': did you mean"),
        ('command = "train-classifier"', "", "name the training command"),
        ("[grid]", "[gird]", "unknown key 'gird': did you mean 'grid'"),
        ("[grid]", "[settings.x]", "say what varies in one table"),
        ("[inputs]", "measure = 'f1'\n[inputs]", "unknown measure 'f1'"),
        ("[inputs]", "trials = 3\n[inputs]", "trials is for a"),
        ("[grid]", "[sample]", "needs a whole number: trials = 20"),
        ('dev = "dev.tsv"', "", "name the texts to compare trials on: dev"),
        ('train = "train.tsv"', "", "name the texts to learn from: train"),
        ("dev =", "test =", "a sweep must not see test texts"),
        ("dev =", "deb =", "unknown input 'deb'"),
        ('"dev.tsv"', "3", "dev: give a name, not 3"),
        ('"train.tsv"', '"-"', "every trial reads it, so it must be a file"),
        ("epochs", "epoch", "unknown setting 'epoch': did you mean 'epochs'"),
        ("[0.01, 0.03]", "[0.01, 0.01]", "0.01 is there twice"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_before_anything_is_trained(
    folder: Path, old: str, new: str, says: str
) -> None:
    Path("sweep.toml").write_text(CLASSIFIERS.replace(old, new, 1))
    with pytest.raises(UsageError, match=says):
        read_sweep("sweep.toml")


def test_the_folder_is_asked_for_and_may_not_be_another(folder: Path, textkit: Run) -> None:
    Path("sweep.toml").write_text(CLASSIFIERS)
    assert "name the one to make, or to go on with, by --output SWEEP" in textkit("sweep", "sweep.toml").err
    ran = textkit("sweep", "sweep.toml", "-o", ".")
    assert (ran.status, ".: already exists" in ran.err) == (1, True)


def test_arguments_are_those_of_the_commands() -> None:
    made = arguments(
        "train-nmt",
        {"valid_pairs": "-v.tsv", "pairs": "p.tsv"},
        config=Path("c"),
        run=Path("r"),
        resume=False,
    )
    assert made == [
        "train-nmt",
        "--config",
        "c",
        "--output",
        "r",
        "--quiet",
        "--valid-pairs=-v.tsv",
        "--pairs=p.tsv",
    ]
    made = arguments("train-lm", {"files": ["a", "-b"]}, config=Path("c"), run=Path("r"), resume=False)
    assert made[-3:] == ["--", "a", "-b"]
    assert arguments("train-lm", {}, config=Path("c"), run=Path("r"), resume=True) == [
        "train-lm", "--resume", "r", "--quiet",
    ]  # fmt: skip


def test_every_training_has_settings_and_its_inputs_are_options(textkit: Run) -> None:
    assert TRAININGS["train-classifier"].settings is ClassifierConfig
    for name, training in TRAININGS.items():
        shown = textkit(name, "--help").out
        for each in (*training.learns, *training.validates, training.others):
            for option in each:
                assert option == training.argument or f"--{option.replace('_', '-')}" in shown


@pytest.mark.slow
def test_a_killed_sweep_ends_with_the_weights_of_the_command_alone(folder: Path, textkit: Run) -> None:
    Path("sweep.toml").write_text(CLASSIFIERS.replace("epochs = 2", "epochs = 40\npatience = 40"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    sweep = subprocess.Popen(
        [sys.executable, "-m", "textkit_cli", "sweep", "sweep.toml", "-o", "sweep"], env=environment
    )
    until = time.monotonic() + 120
    while not list(Path("sweep").glob("trial-001/best-*")):
        assert time.monotonic() < until
        time.sleep(0.02)
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()
    assert '"state"' not in Path("sweep/sweep.json").read_text()
    ran = textkit("sweep", "sweep.toml", "-o", "sweep")
    assert ran.status == 0, ran.err
    given = ("train.tsv", "--dev", "dev.tsv", "--config", "sweep/trial-001.toml", "-o", "alone", "-q")
    alone = textkit("train-classifier", *given)
    assert alone.status == 0, alone.err
    files = [RunFolder.open(run).document["best"]["weights"] for run in ("sweep/trial-001", "alone")]
    assert Path("sweep/trial-001", files[0]).read_bytes() == Path("alone", files[1]).read_bytes()
