"""Accuracy of textkit's linear and fast, scikit-learn's best and fastText, by paired cross-validation.

    TEXTKIT_DATA=... python benchmarks/sentiment.py [--folds 5] [FOLDER ...] [--write]

A FOLDER has train.tsv, dev.tsv and test.tsv, label and text; without one they are those of sentiment/.
All texts of a folder are dealt into folds, the same for all; each text is judged once, by a classifier
that has not seen it.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentiment_peers as peers
from results import data_folder, machine, publish, table
from sklearn.metrics import f1_score

from textkit.data.splits import k_fold
from textkit.tasks.classification.evaluation import evaluate

SEED = 1
OWN = ("textkit linear", "textkit fast")
HEADER = ["texts", "classifier", "accuracy", "macro-F1", "calibration error", "linear - it", "fast - it"]
NOTES = """scikit-learn is tf-idf of words 1-2 and characters 1-3 (characters in two texts at least) and
LinearSVC; its C and whether counts are damped were chosen on dev, once. It and fastText have rjieba's words;
fastText is that of one thread and a fixed seed. Differences are in points, paired, plus or minus one standard
error. The calibration error is the mean over the folds, 15 bins of equal width; LinearSVC has no
probabilities."""

Judged = npt.NDArray[np.float64]


def chosen(folder: Path) -> tuple[str, peers.Fit]:
    """scikit-learn with the settings that are best on the development part, and what they are."""
    (texts, classes), (held_out, truth) = peers.reviews(folder, "train"), peers.reviews(folder, "dev")
    best = (-1.0, 0.0, False)
    for cost, sublinear in itertools.product(peers.COSTS, (False, True)):
        found = peers.scikit_learn(cost=cost, sublinear=sublinear)(texts, classes)(held_out)
        accuracy = float((found.argmax(1) == truth).mean())
        best = max(best, (accuracy, -cost, sublinear))  # of equals the one that fits least
    _, cost, sublinear = best
    damped = ", damped" if sublinear else ""
    return f"scikit-learn, C = {-cost:g}{damped}", peers.scikit_learn(cost=-cost, sublinear=sublinear)


def contenders(folder: Path) -> tuple[dict[str, peers.Fit], list[str]]:
    """All classifiers that can be had here, and which were left out and why."""
    found = {name: peers.textkit(name.split()[-1]) for name in OWN}
    skipped = []
    if lacking := peers.missing("sklearn", "rjieba"):
        skipped.append(f"scikit-learn was left out: {lacking} not installed")
    else:
        name, fit = chosen(folder)
        found[name] = fit
    if lacking := peers.missing("fasttext", "rjieba"):
        skipped.append(f"fastText was left out: {lacking} not installed")
    else:
        found |= {f"fastText, {name}": peers.fast_text(each) for name, each in peers.FASTTEXT.items()}
    return found, skipped


def judged(fit: peers.Fit, texts: list[str], classes: list[int], folds: int) -> tuple[Judged, list[float]]:
    """What a classifier says of each text that it has not seen, (B, K), and its calibration errors."""
    found, errors = np.zeros((len(texts), max(classes) + 1)), []
    for shown, tested in k_fold(len(texts), folds, seed=SEED, labels=classes):
        predict = fit([texts[i] for i in shown], [classes[i] for i in shown])
        part = predict([texts[i] for i in tested])
        found[tested] = part
        if np.allclose(part.sum(1), 1, atol=1e-3):  # else they are margins
            labels = [str(label) for label in range(part.shape[1])]
            errors.append(evaluate(part, np.array(classes)[tested], labels).calibration_error())
    return found, errors


def difference(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> str:
    """Points by which one is right more often, and the standard error of that."""
    gaps = 100 * (one.astype(float) - other)
    return f"{gaps.mean():+.2f} ± {gaps.std(ddof=1) / np.sqrt(len(gaps)):.2f}"


def rows(folder: Path, folds: int) -> tuple[list[list[str]], list[str]]:
    """All classifiers on one folder."""
    texts, classes = peers.reviews(folder, "train", "dev", "test")
    truth, made = np.array(classes), []
    fits, skipped = contenders(folder)
    found = {}
    for name, fit in fits.items():
        start = time.perf_counter()
        found[name] = judged(fit, texts, classes, folds)
        print(folder.name, name, f"{time.perf_counter() - start:.0f} s", flush=True)
    right = {name: judgements.argmax(1) == truth for name, (judgements, _) in found.items()}
    for name, (judgements, errors) in found.items():
        made.append(
            [
                folder.name,
                name,
                f"{100 * right[name].mean():.2f}",
                f"{100 * f1_score(truth, judgements.argmax(1), average='macro'):.2f}",
                f"{100 * np.mean(errors):.2f} %" if errors else "",
                *("" if name == own else difference(right[own], right[name]) for own in OWN),
            ]
        )
    return made, skipped


def main() -> None:
    """Judge and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    folders = given.folders or sorted(path.parent for path in data_folder().glob("sentiment/*/train.tsv"))
    found, skipped = [], []
    for folder in folders:
        more, skipped = rows(folder, given.folds)
        found += more
    publish(
        "Chinese sentiment",
        f"{machine('textkit-nlp', 'numpy', *peers.installed())}; {given.folds} folds\n\n"
        + "\n\n".join([table(HEADER, found), NOTES, *skipped]),
        script="sentiment.py",
    )


if __name__ == "__main__":
    main()
