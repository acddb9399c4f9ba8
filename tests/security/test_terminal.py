"""What files hold reaches a terminal with its control characters spelt out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from textkit_cli.console import say

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\u202eevil\u009b31m"
SPELT = r"\x1b]0;owned\x07\x1b[2J"


def clean(text: str) -> bool:
    return all(each.isprintable() or each == "\n" for each in text)


def test_messages(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"word '{HOSTILE}'\nagain")
    said = capsys.readouterr().err
    assert said.startswith(rf"textkit: word '{SPELT}")
    assert clean(said)
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "use"),
    [
        (
            "d.txt",
            f"词 {HOSTILE} x x\n",
            ["tokenize", "--tokenizer", "jieba", "-t", "user_dictionary=FILE", "TEXT"],
        ),
        (
            "v.txt",
            f"#textkit-vocab {{}}{HOSTILE}\n",
            ["tokenize", "--format", "ids", "--vocab", "FILE", "TEXT"],
        ),
        ("m.arpa", f"\\data\\\n{HOSTILE}\n", ["score", "FILE", "TEXT"]),
        ("t.csv", f"{HOSTILE.strip()},b\n1\n", ["tokenize", "--field", "c", "FILE"]),
        ("t.jsonl", json.dumps({HOSTILE: 1}) + "\n", ["tokenize", "--field", "text", "FILE"]),
        (
            "c.toml",
            f"{json.dumps('x' + HOSTILE)} = 1\n",
            ["train-lm", "--config", "FILE", "TEXT", "-o", "OUT"],
        ),
        (
            "t.jsonl",
            json.dumps({"tokens": [HOSTILE], "tags": "x"}) + "\n",
            ["train-tagger", "FILE", "-o", "OUT"],
        ),
    ],
)
def test_errors_that_quote_files(name, content, use, textkit, originals: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    names = {"FILE": str(tmp_path / name), "TEXT": str(originals / "prose.txt"), "OUT": str(tmp_path / "out")}
    for short, long in names.items():
        use = [word.replace(short, long) for word in use]
    ran = textkit(*use)
    ran.refused()
    assert clean(ran.err)


@pytest.mark.parametrize("place", ["notes", "kind", "best"])
def test_manifests(place: str, copy, textkit, originals: Path) -> None:
    run = copy("lstm")
    document = json.loads((run / "manifest.json").read_text())
    document.pop("digest", None)
    document[place] = [HOSTILE] if place == "notes" else HOSTILE
    (run / "manifest.json").write_text(json.dumps(document))
    for command in (["score", run, originals / "prose.txt"], ["lm-info", run], ["generate", run]):
        assert clean(textkit(*command).err)
