"""Fitting and predicting from raw text: textkit's linear and fast beside scikit-learn and fastText.

    TEXTKIT_DATA=... python benchmarks/classifier_speed.py [--repeat 5] [FOLDER ...] [--write]

A FOLDER has train.tsv, dev.tsv and test.tsv, label and text; without one they are those of sentiment/.
Each side fits on the training part and predicts all texts at once, words included, in a process of
its own that has one thread and has fitted some texts before; sides take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import sentiment_peers as peers
from results import data_folder, machine, publish, table

SIDES = {
    "textkit linear": lambda: peers.textkit("linear"),
    "scikit-learn": lambda: peers.scikit_learn(cost=0.3),
    "textkit fast": lambda: peers.textkit("fast"),
    "fastText, default": lambda: peers.fast_text({}),
}
NEEDS = {"scikit-learn": ("sklearn", "rjieba"), "fastText, default": ("fasttext", "rjieba")}
PEERS = {"textkit linear": "scikit-learn", "textkit fast": "fastText, default"}
WARM = 200
HEADER = ["texts", "side", "fit", "predict", "texts/s", "fit, times the peer", "predict, times the peer"]
NOTES = """scikit-learn is tf-idf of words 1-2 and characters 1-3 (characters in two texts at least) and
LinearSVC, C = 0.3; it and fastText have rjieba's words. One thread. Start-up is apart: libraries are
imported, dictionaries loaded and loops compiled by a fit of 200 texts before."""


def measure(side: str, folder: Path) -> None:
    """Print the seconds of a fit and of a prediction as JSON."""
    texts, classes = peers.reviews(folder, "train")
    everything, _ = peers.reviews(folder, "train", "dev", "test")
    fit = SIDES[side]()
    fit(texts[:WARM], classes[:WARM])(texts[:WARM])
    start = time.perf_counter()
    predict = fit(texts, classes)
    fitted = time.perf_counter()
    predict(everything)
    print(json.dumps([fitted - start, time.perf_counter() - fitted, len(everything)]))


def in_a_process(side: str, folder: Path) -> list[float]:
    """Seconds to fit, seconds to predict, texts predicted."""
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", __file__, "--side", side, str(folder)]
    done = subprocess.run(command, env=os.environ | threads, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{side} failed:\n{done.stderr[-2000:]}")
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def rows(folder: Path, sides: list[str], repeat: int) -> list[list[str]]:
    """All sides in turns on one folder: the medians."""
    found: dict[str, list[list[float]]] = {side: [] for side in sides}
    for _ in range(repeat):
        for side in sides:
            found[side].append(in_a_process(side, folder))
    medians = {
        side: [statistics.median(each) for each in zip(*runs, strict=True)] for side, runs in found.items()
    }
    made = []
    for side, (fit, predict, texts) in medians.items():
        peer = medians.get(PEERS.get(side, ""))
        ratios = [f"{peer[0] / fit:.1f}", f"{peer[1] / predict:.1f}"] if peer else ["", ""]
        made.append(
            [folder.name, side, f"{fit:.2f} s", f"{predict:.2f} s", f"{texts / predict:,.0f}", *ratios]
        )
    return made


def main() -> None:
    """Measure and publish, or measure one side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.side:
        measure(given.side, given.folders[0])
        return
    folders = given.folders or sorted(path.parent for path in data_folder().glob("sentiment/*/train.tsv"))
    lacking = {side: peers.missing(*needs) for side, needs in NEEDS.items() if peers.missing(*needs)}
    sides = [side for side in SIDES if side not in lacking]
    skipped = [f"\n\n{side} was left out: {what} not installed" for side, what in lacking.items()]
    found = [row for folder in folders for row in rows(folder, sides, given.repeat)]
    publish(
        "Fitting and using a linear classifier",
        f"{machine('textkit-nlp', 'numpy', *peers.installed())}; medians of {given.repeat} turns\n\n"
        f"{table(HEADER, found)}\n\n{NOTES}{''.join(skipped)}",
        script="classifier_speed.py",
    )


if __name__ == "__main__":
    main()
