"""Names in a run choose among what textkit knows; they import nothing and reach no attribute."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from textkit.errors import CheckpointError, TextkitError
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.spacy import SpacyTokenizer
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer


@pytest.mark.parametrize("model", ["antigravity", "numpy", "pip", "hostile", "../hostile", "/tmp", "pytest"])
def test_spacy_models_are_those_installed_as_such(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that lies about, or is installed for another purpose, is not imported."""
    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile" / "__init__.py").write_text("raise SystemExit('owned')")
    information = tmp_path / "hostile-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TextkitError, match="is not installed"):
        SpacyTokenizer(model=model)("text")
    assert "hostile" not in sys.modules
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    "stage",
    ["eval", "os.system", "__import__", "Pipeline", "Path", "textkit.text.clean.Lowercase", "", "__class__"],
)
def test_stages_are_those_of_a_table(stage: str, tmp_path: Path) -> None:
    Pipeline.of(WhitespaceTokenizer()).save(tmp_path)
    document = json.loads((tmp_path / "pipeline.json").read_text())
    document["stages"] = [{"stage": stage, "command": "touch canary"}]
    (tmp_path / "pipeline.json").write_text(json.dumps(document))
    with pytest.raises(CheckpointError, match="unknown stage"):
        Pipeline.load(tmp_path)


@pytest.mark.parametrize("file", ["../outside", "/etc/passwd", "a/../../outside"])
def test_files_of_stages_lie_beside_them(file: str, tmp_path: Path) -> None:
    folder = tmp_path / "pipeline"
    Pipeline.of(WhitespaceTokenizer()).save(folder)
    (tmp_path / "outside").write_text("secret")
    document = json.loads((folder / "pipeline.json").read_text())
    document["stages"] = [{"stage": "JiebaTokenizer", "user_dictionary": {"file": file, "sha256": "0" * 64}}]
    (folder / "pipeline.json").write_text(json.dumps(document))
    with pytest.raises(CheckpointError, match="cannot be read: no such file"):
        Pipeline.load(folder)


DEEP = "[" * 100_000
DIGITS = "9" * 5000


@pytest.mark.parametrize("kind", ["lstm", "linear", "ngram"])
@pytest.mark.parametrize(
    "content", [DEEP, '{"a": ' * 50_000, DIGITS, f'{{"format": {DIGITS}}}', "1e999", "NaN", "[]"]
)
def test_forged_json_and_toml(kind: str, content: str, copy, textkit, originals: Path) -> None:
    """Numbers and nesting that Python's own readers stumble over, with checksums that fit."""
    from textkit.train.checkpoint import RunFolder

    run = copy(kind)
    use = (
        ["classify", run, originals / "train.tsv"]
        if kind == "linear"
        else ["score", run, originals / "prose.txt"]
    )
    for name in ("pipeline.json", "config.toml", "model/header.json", "manifest.json"):
        run = copy(kind)
        if not (run / name).exists():
            continue
        folder = RunFolder.open(run)
        (run / name).write_text(f"a = {content}" if name == "config.toml" else content)
        if name != "manifest.json":
            folder._own(name)
            folder._commit()
        ran = textkit(*use)
        if not (name == "config.toml" and not ran.status):  # of what a use does not read
            ran.refused()
