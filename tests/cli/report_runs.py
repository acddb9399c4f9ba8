"""Runs of every kind, changed copies of them and a sweep, for the tests of reports."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from textkit_cli.main import main

EVIL = '<script>alert(1)</script> "><img src=x onerror=alert(1)> \u202eevil\u202c \x07 </style> &amp;'
LABELS = ('<b>good</b>"', "bad' onclick='x")
WORDS = ["boat", "sea", "早上", "好", "fish", "net", "storm", EVIL]
KINDS = ["ngram", "lstm", "linear", "bag", "tagger", "nmt"]


def _lines(count: int) -> list[str]:
    return [
        f"the {WORDS[n % 8]} and the {WORDS[n * 3 % 8]} {'did' if n % 2 else 'had'} {WORDS[n % 5]}"
        for n in range(count)
    ]


def write_lines(path: Path, lines: list[str]) -> None:
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
        write_lines(folder / "text", _lines(60))
        write_lines(folder / "held <i>out", _lines(9))
        labelled = [f"{LABELS[n % 3 == 0]}\t{line}" for n, line in enumerate(_lines(60))]
        write_lines(folder / "labelled.tsv", labelled)
        write_lines(folder / "noisy.tsv", [f"{LABELS[n % 2]}\t{line}" for n, line in enumerate(_lines(30))])
        (folder / "tagged.conll").write_text(_tagged(24), encoding="utf-8")
        write_lines(folder / "pairs.tsv", [f"{line}\t{line[4:]}" for line in _lines(30)])

    def train(self, name: str, command: str, *arguments: str) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as errors:
            status = main([command, *map(str, arguments), "-q", "-o", str(self.folder / name)])
        assert status == 0, errors.getvalue()
        self.printed[name] = out.getvalue()


def trained_runs(folder: Path) -> Runs:
    made = Runs(folder)
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


def changed_copy(runs: Runs, kind: str, to: Path, change: Callable[[dict], object]) -> Path:
    """A copy of a run whose manifest was changed."""
    shutil.copytree(runs.folder / kind, to)
    document = json.loads((to / "manifest.json").read_text())
    document.pop("digest", None)  # whoever forges a manifest can leave it out
    change(document)
    (to / "manifest.json").write_text(json.dumps(document))
    return to


def sweep_folder(folder: Path, runs: Runs) -> Path:
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
