"""The course's character models: perplexity on the text they learnt from, and on text they have not seen.

    TEXTKIT_DATA=... python benchmarks/course.py [--epochs 500] [--write]

The deep-learning course (d2l.ai) trains an RNN, a GRU and an LSTM on the first 10,000
characters of a book and shows the perplexity of that same text. Here the text after it is judged too.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import argparse
import json
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Literal, NamedTuple

from results import data_folder, machine, publish, table

from textkit.tasks.language_model import LanguageModelConfig, train

LENGTH = 10_000  # characters to learn from, and as many to judge by
EVERY = 10  # epochs from one validation to the next
CELLS: tuple[Literal["rnn", "gru", "lstm"], ...] = ("rnn", "gru", "lstm")
SAMPLINGS: tuple[Literal["random", "sequential"], ...] = ("random", "sequential")

HEADER = [
    "model", "sampling", "best epoch", "training, best", "held out, best", "training, last", "held out, last",
    "tokens/s",
]  # fmt: skip
NOTES = """Perplexity per character: at the best of the epochs that were judged (every {every}th), and after
all {epochs}. That of the training text is the mean over an epoch while the model learns, as the course shows
it; that of the held-out text is the model's, read as one stream. Recipe `course`: one layer of 256 units on
one-hot inputs, plain gradient descent at rate 1, clipped to norm 1, windows of 35 in batches of 32; float32,
one thread. The text is another book than the course's: the first 10,000 characters of shakespeare.txt,
lower-cased, letters and blanks alone, prepared as the course prepares its own; held out are the 10,000 that
follow. A 5-gram model of the same text, counted, stands beside. The whole took {minutes:.0f} minutes."""


class Curve(NamedTuple):
    """Perplexities by epoch: of each epoch's training, and of the held-out text where it was judged."""

    training: dict[int, float]
    held_out: dict[int, float]
    speed: float


def text() -> tuple[str, str]:
    """The text to learn from and the text that follows it."""
    lines = (data_folder() / "lm" / "shakespeare.txt").read_text(encoding="utf-8").splitlines()
    letters = "".join(re.sub("[^A-Za-z]+", " ", line).strip().lower() for line in lines)
    return letters[:LENGTH], letters[LENGTH : 2 * LENGTH]


def curve(log: Path, batches: int) -> Curve:
    """What a run's log says, whose epochs have `batches` updates each."""
    records: list[dict[str, Any]] = [json.loads(line) for line in log.read_text().splitlines()]

    def by_epoch(name: str) -> dict[int, float]:
        return {record["step"] // batches: record[name] for record in records if name in record}

    speeds = by_epoch("tokens_per_second")
    return Curve(by_epoch("perplexity"), by_epoch("valid_perplexity"), statistics.median(speeds.values()))


def network(
    model: Literal["rnn", "gru", "lstm"],
    sampling: Literal["random", "sequential"],
    *,
    epochs: int,
    out: Path,
) -> list[str]:
    """Train one, and its line of the table."""
    learnt, held_out = text()
    batches = 9  # of 32 rows of 35 characters in 10,000, by either sampling
    config = LanguageModelConfig(
        recipe="course",
        model=model,
        sampling=sampling,
        epochs=epochs,
        validate_every=EVERY * batches,
        log_every=batches,
        precision="fp32",
        device="cpu",
    )
    train([learnt], config, out=out, valid=[held_out])
    found = curve(out / "log.jsonl", batches)
    best, last = min(found.held_out, key=found.held_out.__getitem__), max(found.held_out)
    figures = [f"{part[epoch]:.2f}" for epoch in (best, last) for part in (found.training, found.held_out)]
    return [model.upper(), sampling, str(best), *figures, f"{found.speed:,.0f}"]


def ngram(order: int, out: Path) -> list[str]:
    """What counting makes of the same text."""
    learnt, held_out = text()
    config = LanguageModelConfig(model="ngram", unit="char", order=order)
    scores = train([learnt], config, out=out, valid=[held_out], test=[learnt])
    figures = [f"{scores[name].perplexity:.2f}" for name in ("test", "valid")]
    return [f"{order}-gram", "counted", "", *figures, "", "", ""]


def main() -> None:
    """Train all, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    epochs = parser.parse_args().epochs
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            network(model, sampling, epochs=epochs, out=folder / f"{model}-{sampling}")
            for model in CELLS
            for sampling in SAMPLINGS
        ]
        rows.append(ngram(5, folder / "ngram"))
    minutes = (time.monotonic() - began) / 60
    notes = NOTES.format(every=EVERY, epochs=epochs, minutes=minutes)
    body = f"{machine('textkit-nlp', 'torch')}\n\n{table(HEADER, rows)}\n\n{notes}"
    publish("The course's character models", body, script=f"course.py --epochs {epochs}")


if __name__ == "__main__":
    main()
