"""Light commands stay light: what is heavy is imported only by the command that needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "spacy", "nltk", "datasets", "sklearn", "matplotlib", "pandas", "pyarrow", "transformers")


def loaded(*arguments: str) -> set[str]:
    """The heavy modules that a run of `textkit` leaves loaded."""
    code = (
        "import sys; from textkit_cli.main import main; status = main(sys.argv[1:]);"
        f"print(*[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr); sys.exit(status)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return set(result.stderr.split())


def test_tokenizing_and_counting_need_no_torch(tmp_path: Path) -> None:
    text = tmp_path / "t.txt"
    text.write_text("a b c\nb c\n")
    assert loaded("tokenize", "--tokenizer", "jieba", str(text), "-o", str(tmp_path / "o.txt")) == set()
    run = str(tmp_path / "run")
    assert loaded("train-lm", str(text), "--order", "2", "--test", str(text), "-o", run, "-q") == set()
    assert loaded("score", run, str(text), "-o", str(tmp_path / "s.txt")) == set()


def test_ngram_models_need_no_torch(tmp_path: Path) -> None:
    text, run, arpa = tmp_path / "t.txt", str(tmp_path / "run"), str(tmp_path / "m.arpa")
    text.write_text("a b c\nb c\n")
    train = ("train-lm", str(text), "--model", "ngram", "--order", "2", "--valid", str(text), "-o", run, "-q")
    kept = ("-o", str(tmp_path / "kept.txt"), "-q")
    assert loaded(*train, "--arpa", arpa) == set()
    assert loaded("lm-info", run) == set()
    assert loaded("lm-convert", arpa, str(tmp_path / "folder"), "-q") == set()
    assert loaded("score", arpa, str(text), "-o", str(tmp_path / "s.txt")) == set()
    assert loaded("filter", "--lm", run, "--keep", "0.5", str(text), *kept) == set()
