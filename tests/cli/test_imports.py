"""Light commands stay light: what is heavy is imported only by the command that needs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "spacy", "nltk", "datasets", "sklearn", "matplotlib", "pandas", "pyarrow", "transformers")


def loaded(*commands: tuple[str, ...]) -> dict[str, list[str]]:
    """The heavy modules in memory after each of some runs of `textkit`, one after the other."""
    code = (
        "import json, sys; from textkit_cli.main import main\n"
        "for arguments in json.loads(sys.argv[1]):\n"
        "    assert main(arguments) == 0, arguments\n"
        f"    print('loaded', arguments[0], *[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, json.dumps(commands)], capture_output=True, text=True, check=True
    )
    lines = [line.split()[1:] for line in result.stderr.splitlines() if line.startswith("loaded ")]
    return {name: modules for name, *modules in lines}


def test_tokenizing_and_counting_need_no_torch(tmp_path: Path) -> None:
    text, run = tmp_path / "t.txt", str(tmp_path / "run")
    text.write_text("a b c\nb c\n")
    assert loaded(
        ("tokenize", "--tokenizer", "jieba", str(text), "-o", str(tmp_path / "o.txt")),
        ("train-lm", str(text), "--order", "2", "--test", str(text), "-o", run, "-q"),
        ("score", run, str(text), "-o", str(tmp_path / "s.txt")),
    ) == {"tokenize": [], "train-lm": [], "score": []}


def test_ngram_models_need_no_torch(tmp_path: Path) -> None:
    text, run, arpa = tmp_path / "t.txt", str(tmp_path / "run"), str(tmp_path / "m.arpa")
    text.write_text("a b c\nb c\n")
    train = ("train-lm", str(text), "--model", "ngram", "--order", "2", "--valid", str(text), "-o", run, "-q")
    assert loaded(
        (*train, "--arpa", arpa),
        ("lm-info", run),
        ("lm-convert", arpa, str(tmp_path / "folder"), "-q"),
        ("score", arpa, str(text), "-o", str(tmp_path / "s.txt")),
        ("filter", "--lm", run, "--keep", "0.5", str(text), "-o", str(tmp_path / "kept.txt"), "-q"),
    ) == {"train-lm": [], "lm-info": [], "lm-convert": [], "score": [], "filter": []}
