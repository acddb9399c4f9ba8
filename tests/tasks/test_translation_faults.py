"""Damaged runs of translators and senseless settings of decoding: each is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textkit.errors import CheckpointError, UsageError
from textkit.tasks.translation.decoding import TranslationDecoding
from textkit.tasks.translation.saved import load_translator
from textkit.train.manifest import to_text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beam": 0}, "a beam must be at least 1, not 0"),
        ({"n_best": 6}, "a beam of 5 gives 5 translations at most, not 6: widen the beam"),
        ({"length_penalty": -1.0}, "the length penalty must be 0 or a positive number"),
        ({"max_ratio": float("nan")}, "the greatest ratio of lengths must be 0 or"),
        ({"max_ratio": 0.0, "max_extra": 0}, "translations need room"),
        ({"temperature": 0.5}, "go with drawn translations: ask for a sample"),
        ({"sample": True, "top_p": 2.0}, r"top-p must lie in \(0, 1\]"),
        ({"sample": True, "attention": True}, "those of a search, not of drawn"),
        ({"min_length": -1}, "must be 0 or more"),
        ({"min_length": 10**8}, "the least length of translations is at most 10,000, not 100,000,000"),
        ({"length_penalty": 1000.0}, "the length penalty is at most 10, not 1000"),
        ({"max_ratio": 1e308}, r"the greatest ratio of lengths is at most 1,000, not 1e\+308"),
        ({"sample": True, "coverage_penalty": 1.0}, "the coverage penalty ranks what a search finds"),
        ({"patience": -1.0}, "patience of a search must be 0 or more"),
        ({"precision": "fp8"}, "precision is fp32 or bf16, not 'fp8'"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TranslationDecoding(**settings)


def damage(name: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (path,) = run.glob(name)
        path.write_bytes(path.read_bytes()[:-1] + b"#")

    return change


def one_vocabulary(run: Path) -> None:
    """Settings that the rest of the run contradicts, with the checksum of their own."""
    old = (run / "config.toml").read_bytes()
    new = old.replace(b"joint = false", b"joint = true")
    (run / "config.toml").write_bytes(new)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"]["config.toml"]["sha256"] = hashlib.sha256(new).hexdigest()
    (run / "manifest.json").write_text(to_text(manifest))


def another_kind(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(to_text(manifest | {"kind": "tagger"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damage("best-*"), "damaged: checksum differs"),
        (damage("config.toml"), "damaged: checksum differs"),
        (damage("vocab.txt"), "damaged: checksum differs"),
        (damage("source-vocab.txt"), "damaged: checksum differs"),
        (damage("manifest.json"), r"manifest\.json: damaged"),
        (lambda run: (run / "source-vocab.txt").unlink(), r"source-vocab\.txt: cannot be read"),
        (one_vocabulary, "run: the vocabularies do not fit the settings: a joint embedding needs one"),
        (another_kind, "holds a tagger, not a translator; textkit tag is for it"),
        (shutil.rmtree, "not a textkit run: no such folder"),
    ],
)
def test_runs_that_are_refused(
    change: Callable[[Path], None], message: str, tmp_path: Path, make_translator: Any
) -> None:
    run = make_translator(tmp_path / "run")
    change(run)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_translator(run)
    assert "\n" not in str(caught.value)
