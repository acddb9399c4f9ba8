"""100 labels with and without unlabelled texts: accuracy on test over ten draws of the labels, and the gain.

    TEXTKIT_DATA=... python benchmarks/semi_supervised.py [--labels 100] [--draws 10] [--presets linear fast]
        [--folders FOLDER ...] [--write]

A FOLDER has train.tsv and test.tsv, label and text; without one they are those of sentiment/. The labelled
texts are drawn from train; the rest of train is given without labels.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from results import data_folder, machine, publish, table
from scipy.stats import t as student
from sentiment_peers import reviews

from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.tasks.classification.fitting import fit_aside

METHODS = ("none", "self-training", "entropy", "consistency")
HEADER = ["texts", "preset", "unlabelled", "accuracy", "gain", "draws that gained"]
NOTES = """Mean accuracy on test over the draws, in percent. The gain is over the same labels alone, with the
half width of its 95 % interval (Student's t over the draws). All settings are the defaults."""

Accuracies = npt.NDArray[np.float64]


def texts_of(folder: Path, part: str) -> LabelledTexts:
    """A part of a folder."""
    texts, classes = reviews(folder, part)
    return LabelledTexts(tuple(texts), np.array(classes, np.int64), tuple(map(str, sorted(set(classes)))))


def accuracies(
    train: LabelledTexts, test: LabelledTexts, *, preset: str, method: str, labels: int, draws: int
) -> Accuracies:
    """On `test`, of each draw."""
    found = []
    for draw in range(draws):
        order = np.random.default_rng(draw).permutation(len(train))
        unlabelled = [] if method == "none" else [train.texts[i] for i in order[labels:].tolist()]
        config = ClassifierConfig.model_validate({"preset": preset, "semi": method, "seed": draw})
        classifier = fit_aside(train.select(order[:labels]), config, unlabelled=unlabelled)
        found.append(float((classifier.probabilities(test.texts).argmax(1) == test.classes).mean()))
    return np.array(found)


def interval(gains: Accuracies) -> str:
    """Mean and half width of the 95 % interval, in points."""
    half = student.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
    return f"{100 * gains.mean():+.2f} ± {100 * half:.2f}"


def main() -> None:
    """Train, and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--presets", nargs="+", default=["linear", "fast"])
    parser.add_argument("--folders", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    folders = given.folders or sorted(path.parent for path in data_folder().glob("sentiment/*/train.tsv"))
    rows = []
    for folder in folders:
        train, test = texts_of(folder, "train"), texts_of(folder, "test")
        for preset in given.presets:
            alone = np.zeros(0)
            for method in METHODS:
                found = accuracies(
                    train, test, preset=preset, method=method, labels=given.labels, draws=given.draws
                )
                alone = found if method == "none" else alone
                gains = found - alone
                shown = ["", ""] if method == "none" else [interval(gains), f"{int((gains > 0).sum())}"]
                accuracy = f"{100 * found.mean():.2f} ± {100 * found.std(ddof=1):.2f}"
                rows.append([folder.name, preset, method, accuracy, *shown])
                print(" ".join(rows[-1]), flush=True)
    body = f"{machine('numpy', 'torch')}\n\n{given.labels} labels, {given.draws} draws. {NOTES}\n\n"
    publish("Learning from unlabelled texts", body + table(HEADER, rows), script="semi_supervised.py")


if __name__ == "__main__":
    main()
