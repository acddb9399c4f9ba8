"""Inputs of a few lines, and commands over them, for the tests of what a machine may run out of."""

from __future__ import annotations

import json
from pathlib import Path

WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "dog", "saw", "猫", "狗", "看"]
LINES = [" ".join(WORDS[(i * k) % len(WORDS)] for k in range(1, 3 + i % 7)) for i in range(120)]
SMALL = ["--epochs", "2", "--embedding", "8", "--hidden", "8", "--quiet"]

# The commands that train, but for the output: each takes less than two seconds.
TRAININGS: dict[str, list[str]] = {
    "ngram": ["train-lm", "text.txt", "--model", "ngram", "--order", "3", "--quiet"],
    "lstm": ["train-lm", "text.txt", "--model", "lstm", "--batch-size", "4", "--steps", "8", *SMALL],
    "linear": ["train-classifier", "labelled.tsv", "--tokenizer", "whitespace", "--quiet"],
    "textcnn": [
        "train-classifier",
        "labelled.tsv",
        "--preset",
        "textcnn",
        "--tokenizer",
        "whitespace",
        *SMALL,
    ],
    "tagger": ["train-tagger", "tagged.jsonl", "--batch-size", "16", *SMALL],
    "nmt": [
        *(
            "train-nmt",
            "--pairs",
            "pairs.tsv",
            "--width",
            "16",
            "--layers",
            "1",
            "--heads",
            "2",
            "--feed-forward",
            "16",
        ),
        *("--tokenizer", "whitespace", "--batch-tokens", "400", "--epochs", "2", "--average", "0", "--quiet"),
    ],
}


def write_inputs(folder: Path) -> Path:
    """Text, labelled texts, tagged sentences and pairs in `folder`."""
    (folder / "text.txt").write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    rows = "".join(
        f"{'good' if i % 2 else 'bad'}\t{line} {'up' if i % 2 else 'down'}\n" for i, line in enumerate(LINES)
    )
    (folder / "labelled.tsv").write_text(f"label\ttext\n{rows}", encoding="utf-8")
    sentences = [line.split() for line in LINES]
    tags = [["B-beast" if word in ("cat", "dog") else "O" for word in words] for words in sentences]
    tagged = (json.dumps({"tokens": t, "tags": g}) for t, g in zip(sentences, tags, strict=True))
    (folder / "tagged.jsonl").write_text("".join(f"{line}\n" for line in tagged), encoding="utf-8")
    pairs = "".join(f"{line}\t{line.upper()} {i}\n" for i, line in enumerate(LINES))
    (folder / "pairs.tsv").write_text(f"source\ttarget\n{pairs}", encoding="utf-8")
    (folder / "sweep.toml").write_text(
        'command = "train-lm"\n[inputs]\nfiles = ["text.txt"]\nvalid = "text.txt"\n'
        '[settings]\nmodel = "ngram"\ntokenizer = "whitespace"\n[grid]\norder = [1, 2]\n'
    )
    return folder
