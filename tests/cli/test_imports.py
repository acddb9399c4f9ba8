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
