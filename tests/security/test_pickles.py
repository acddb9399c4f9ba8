"""A pickle that is put where a file is read: it must not be unpickled, and the error is one line."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from textkit.train.checkpoint import RunFolder


class Payload:
    """What makes a file, when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return (Path.touch, (self.canary,))


def saved_by_torch(payload: Payload) -> bytes:
    out = io.BytesIO()
    torch.save({"weights": payload}, out)
    return out.getvalue()


def saved_by_numpy(payload: Payload) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([payload], object), allow_pickle=True)
    return out.getvalue()


FORMS: dict[str, Callable[[Payload], bytes]] = {
    "pickle": pickle.dumps,
    "text": lambda payload: pickle.dumps(payload, 0),
    "torch": saved_by_torch,
    "numpy": saved_by_numpy,
}


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


def forge(run: Path, name: str, data: bytes) -> None:
    """Put `data` into a run as if it had been saved there, with checksums that fit."""
    folder = RunFolder.open(run)
    (run / name).write_bytes(data)
    if name in folder.document["files"]:
        folder._own(name)
        folder._commit()


def test_the_payloads_work(canary: Path) -> None:
    """Else nothing below would mean anything."""
    for name, form in FORMS.items():
        data = form(Payload(canary))
        if name == "torch":
            torch.load(io.BytesIO(data), weights_only=False)
        elif name == "numpy":
            np.load(io.BytesIO(data), allow_pickle=True)
        else:
            pickle.loads(data)
        assert canary.exists(), name
        canary.unlink()


USES = {
    "ngram": [["score", "RUN", "prose.txt"], ["lm-info", "RUN"], ["train-lm", "--resume", "RUN"]],
    "lstm": [["score", "RUN", "prose.txt"], ["train-lm", "--resume", "RUN", "--epochs", "2"]],
    "linear": [["classify", "RUN", "train.tsv"]],
    "network": [["classify", "RUN", "train.tsv"], ["train-classifier", "--resume", "RUN", "--epochs", "2"]],
}


UNUSED = (".lock", "curve.png", "times.json")  # read by none, or told only: what is no time is left out


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        *(("ngram", "pickle"), ("ngram", "numpy"), ("lstm", "pickle"), ("lstm", "torch")),
        *(("linear", "torch"), ("network", "numpy")),
    ],
)
def test_in_every_file_of_a_run(kind: str, form: str, copy, textkit, originals: Path, canary: Path) -> None:
    files = [each for each in (originals / kind).rglob("*") if each.is_file()]
    for name in sorted(each.relative_to(originals / kind).as_posix() for each in files):
        refused = 0  # where one use is, the file is read, and the others read it in the same way
        for use in USES[kind]:
            run = copy(kind)
            forge(run, name, FORMS[form](Payload(canary)))
            words = [str(run) if each == "RUN" else each for each in use]
            words = [
                str(originals / each) if each.startswith(("prose.", "train.")) else each for each in words
            ]
            ran = textkit(*words)
            assert not canary.exists(), (name, use)
            if ran.status:
                refused += 1
                ran.refused()
                break
        assert refused or name in UNUSED, name


FILES = [
    ("m.arpa", ["score", "FILE", "prose.txt"]),
    ("m.arpa.gz", ["score", "FILE", "prose.txt"]),
    ("vocab.txt", ["tokenize", "--format", "ids", "--vocab", "FILE", "prose.txt"]),
    ("s.model", ["tokenize", "--tokenizer", "sentencepiece", "-t", "model=FILE", "prose.txt"]),
    ("d.txt", ["tokenize", "--tokenizer", "jieba", "-t", "user_dictionary=FILE", "prose.txt"]),
    ("t.txt", ["tokenize", "FILE"]),
    ("t.txt.zst", ["tokenize", "FILE"]),
    ("t.jsonl", ["tokenize", "--field", "text", "FILE"]),
    ("t.csv", ["tokenize", "--field", "text", "FILE"]),
    ("t.parquet", ["tokenize", "--field", "text", "FILE"]),
    ("t.tsv", ["train-classifier", "FILE", "-o", "out"]),
    ("t.jsonl", ["train-tagger", "FILE", "-o", "out"]),
    ("t.tsv", ["train-nmt", "--pairs", "FILE", "-o", "out"]),
    ("c.toml", ["train-lm", "--config", "FILE", "prose.txt", "-o", "out"]),
    ("s.toml", ["sweep", "FILE", "-o", "out"]),
]


@pytest.mark.parametrize(
    ("file", "use"), FILES, ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_in_place_of_other_files(file: str, use: list[str], textkit, originals: Path, canary: Path) -> None:
    path = canary.parent / file
    for form in ("pickle", "numpy", "torch"):
        path.write_bytes(FORMS[form](Payload(canary)))
        words = [
            word.replace("FILE", str(path)).replace("prose.txt", str(originals / "prose.txt")) for word in use
        ]
        textkit(*(str(canary.parent / word) if word == "out" else word for word in words)).refused()
        assert not canary.exists()
