"""Tiny runs to tamper with, a canary that a payload would kill, and `textkit` in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from textkit_cli.main import main

PROSE = ["the cat sat on the mat", "a dog ran in the garden", "the dog saw a cat", "a cat ran on the mat"] * 8
REVIEWS = ["1\tvery good and fine", "0\tvery bad and poor", "1\tfine food", "0\tpoor food"] * 6


class Ran(NamedTuple):
    """How a command ended, and what it said on standard error."""

    status: int
    err: str

    def refused(self) -> str:
        """What was said, where that was one clear line, and not about an error of our own."""
        assert self.status in (1, 2), self
        lines = self.err.strip().splitlines()
        assert all(line.startswith("textkit: ") for line in lines), self.err
        assert lines[-1].startswith("textkit: error: "), self.err
        assert "\x1b" not in self.err
        return lines[-1]


Run = Callable[..., Ran]


@pytest.fixture
def textkit(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function: arguments to the exit status and standard error."""
    monkeypatch.delenv("TEXTKIT_DEBUG", raising=False)

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Ran(status, capsys.readouterr().err)

    return run


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts, an n-gram model, a network that may be trained on, and two classifiers."""
    folder = tmp_path_factory.mktemp("originals")
    (folder / "prose.txt").write_text("\n".join(PROSE) + "\n")
    (folder / "train.tsv").write_text("\n".join(REVIEWS) + "\n")
    (folder / "dev.tsv").write_text("\n".join(REVIEWS[:4]) + "\n")
    prose, run = folder / "prose.txt", ("--tokenizer", "whitespace", "-q")
    labelled = (folder / "train.tsv", "--dev", folder / "dev.tsv")
    tiny = ("--epochs", "1", "--embedding", "4", "--batch-size", "4", *run)
    lstm = ("--model", "lstm", "--hidden", "4", "--steps", "5", "--valid", prose, *tiny)
    for arguments in (
        ("train-lm", prose, "--model", "ngram", "--order", "2", *run, "-o", folder / "ngram"),
        ("train-lm", prose, *lstm, "-o", folder / "lstm"),
        ("train-classifier", *labelled, *run, "-o", folder / "linear"),
        ("train-classifier", *labelled, "--preset", "embedding-bag", *tiny, "-o", folder / "network"),
    ):
        assert main([str(argument) for argument in arguments]) == 0
    return folder


@pytest.fixture
def copy(originals: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A function: the name of one of the runs to a copy of it."""

    def make(name: str) -> Path:
        shutil.rmtree(tmp_path / name, ignore_errors=True)
        return shutil.copytree(originals / name, tmp_path / name)

    return make
