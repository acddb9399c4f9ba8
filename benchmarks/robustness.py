"""Attacks on classifiers, what adversarial training wins back, and whether explanations name what counts.

    python benchmarks/robustness.py [--split dev] [--preset textcnn] [--texts 500] [--write]

Each network is trained twice with the same settings and seed, plainly and with `adversarial = "fgsm"`, on
the bundled reviews and, where TEXTKIT_DATA is set, on jd. The removal test takes away the three words that
speak most for the answer, and three words drawn at random, and compares by how much the margin changes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from results import machine, publish, table

import textkit_corpora
from textkit.explain.integrated_gradients import integrated_gradients
from textkit.explain.target import Target
from textkit.tasks.classification import ClassifierConfig, LabelledTexts, load_classifier, train
from textkit.tasks.classification.explanation import Saved, cut_words, explain
from textkit.tasks.classification.network import NetworkClassifier
from textkit.tasks.classification.robustness import Strength, robustness, sample
from textkit_corpora.labelled import read_labelled

EPSILONS = (0.1, 0.2, 0.3)
BUDGET = 0.2
REMOVED, DRAWS = 3, 10
NOTES = """Accuracy on the texts named; an attack on vectors moves each word's vector by at most epsilon
times their mean length in the text, one on words changes a fifth of the words at most. "Won back" is the
part of the fall that training on attacked vectors undoes. "One draw" and "ten draws" are the shares of texts
of more than three words in which taking away the three words that speak most for the answer changes the
margin more than taking away three random words (not the same three): than one such draw (the mean over
ten), than one in texts of more than six words (how many there are of both is said), than the mean of ten."""


def read(path: Path, labels: tuple[str, ...] | None = None) -> LabelledTexts:
    """The labelled texts of a file."""
    return LabelledTexts.of(((each.text, each.label) for each in read_labelled(path)), labels=labels)


def others(best: np.ndarray, count: int, *, generator: np.random.Generator) -> list[np.ndarray]:
    """DRAWS random choices out of `count` words, as many as `best` and none the same words."""
    found: list[np.ndarray] = []
    while len(found) < DRAWS:
        drawn = generator.permutation(count)[: len(best)]
        if set(drawn.tolist()) != set(best.tolist()):
            found.append(drawn)
    return found


def removal(saved: Saved, texts: list[str], *, generator: np.random.Generator) -> list[str]:
    """How many texts the explanation holds for: against single random draws, and the mean of ten."""
    one, mean, sizes = [], [], []
    for found in explain(saved, texts):
        parts = cut_words(saved, found.text)
        if len(parts.words) <= REMOVED or len(parts.words) != len(found.words):
            continue
        best = np.argsort([-word.score for word in found.words], kind="stable")[:REMOVED]
        draws = others(best, len(parts.words), generator=generator)
        taken = [{parts.words[place] for place in each} for each in (best, *draws)]
        left = ["".join(part for n, part in enumerate(parts.parts) if n not in gone) for gone in taken]
        scores, labels = saved.classifier.scores(left), saved.classifier.labels
        margins = scores[:, labels.index(found.target)] - scores[:, labels.index(str(found.rival))]
        moved = np.abs(margins - found.value)
        one.append((moved[0] > moved[1:]).mean())
        mean.append(moved[0] > moved[1:].mean())
        sizes.append(len(parts.words))
    longer = np.array(one)[np.array(sizes) > 2 * REMOVED]
    shares = (np.mean(each) for each in (one, longer, mean))
    return [f"{len(one)}, {len(longer)}", *(f"{share:.1%}" for share in shares)]


def completeness(saved: Saved, texts: list[str]) -> str:
    """The largest part of a margin that integrated gradients leave unexplained, and their mean cost."""
    classifier, gaps, costs = saved.classifier, [], []
    assert isinstance(classifier, NetworkClassifier)
    texts = sorted(texts, key=len)
    for first in range(0, len(texts), 64):
        ids, lengths = classifier.encode(texts[first : first + 64])
        with torch.no_grad():
            target = Target.of(classifier.network(ids, lengths))
        found = integrated_gradients(classifier.network, ids, lengths, target=target)
        gaps.append(found.gap.abs().max().item())
        costs += found.evaluations.tolist()
    return f"{max(gaps):.1e} ({np.mean(costs):.0f} gradients a text)"


def attacks(saved: Saved, texts: LabelledTexts, *, learn_from: LabelledTexts) -> dict[str, float]:
    """Accuracy by attack, "clean" first."""
    found: dict[str, float] = {}
    for epsilon in EPSILONS:
        for method in ("fgsm", "pgd"):
            result = robustness(saved, texts, method=method, strength=Strength(epsilon=epsilon))
            found["clean"] = result.accuracy
            found[f"{method}, epsilon {epsilon:g}"] = result.attacked
    for method in ("delete", "substitute"):
        strength = Strength(budget=BUDGET)
        result = robustness(saved, texts, method=method, strength=strength, learn_from=learn_from)
        found[f"{method}, budget {BUDGET:g}"] = result.attacked
    return found


def measure(
    name: str, folder: Path, *, presets: list[str], split: str, count: int
) -> tuple[list[list[str]], list[list[str]]]:
    """Rows of both tables for one corpus."""
    learnt = read(folder / "train.tsv")
    dev = read(folder / "dev.tsv", learnt.labels)
    texts = sample(read(folder / f"{split}.tsv", learnt.labels), count, seed=0)
    fallen, removed = [], []
    with tempfile.TemporaryDirectory() as runs:
        linear = Path(runs) / "linear"
        train(learnt, ClassifierConfig(), out=linear)
        rows = removal(load_classifier(linear), list(texts.texts), generator=np.random.default_rng(0))
        removed.append([name, "linear, contributions", *rows, ""])
        for preset in presets:
            saved = {}
            for kind, more in (("plain", {}), ("defended", {"adversarial": "fgsm"})):
                out = Path(runs) / f"{preset}-{kind}"
                train(learnt, ClassifierConfig(preset=preset, **more), out=out, dev=dev)
                saved[kind] = load_classifier(out)
            found = {kind: attacks(each, texts, learn_from=learnt) for kind, each in saved.items()}
            fallen += compared(name, preset, len(texts), found["plain"], found["defended"])
            rows = removal(saved["plain"], list(texts.texts), generator=np.random.default_rng(0))
            gap = completeness(saved["plain"], list(texts.texts))
            removed.append([name, f"{preset}, integrated gradients", *rows, gap])
    return fallen, removed


def compared(
    name: str, preset: str, count: int, plain: dict[str, float], defended: dict[str, float]
) -> list[list[str]]:
    """A row an attack: accuracy without and with adversarial training."""
    rows = []
    for attack in plain:
        fall = plain["clean"] - plain[attack]
        back = f"{(defended[attack] - plain[attack]) / fall:.0%}" if fall > 0 else ""
        shares = [f"{100 * each[attack]:.1f}" for each in (plain, defended)]
        rows.append([name, preset, str(count), attack, *shares, f"{100 * fall:.1f}" if fall else "", back])
    return rows


def main() -> None:
    """Train, attack, explain, print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="test")
    parser.add_argument("--preset", action="append")
    parser.add_argument("--texts", type=int, default=500)
    parser.add_argument("--corpus", choices=["reviews-zh", "jd"], action="append")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    folders = {"reviews-zh": textkit_corpora.load("reviews-zh").folder}
    if data := os.environ.get("TEXTKIT_DATA"):
        folders["jd"] = Path(data) / "sentiment" / "jd"
    fallen, removed = [], []
    for name, folder in folders.items():
        if chosen.corpus and name not in chosen.corpus:
            continue
        found = measure(
            name, folder, presets=chosen.preset or ["textcnn"], split=chosen.split, count=chosen.texts
        )
        fallen += found[0]
        removed += found[1]
    header = ["corpus", "preset", "texts", "attack", "plain, %", "trained against it, %", "fall", "won back"]
    second = ["corpus", "explanation", "texts", "one draw", "of longer texts", "ten draws", "completeness"]
    missing = "" if data else "\n\njd was not measured: TEXTKIT_DATA is not set."
    body = f"{machine('textkit-nlp', 'torch')}; split {chosen.split}\n\n{table(header, fallen)}\n\n"
    body += f"{table(second, removed)}\n\n{NOTES}{missing}"
    publish("Robustness and explanation", body, script="robustness.py")


if __name__ == "__main__":
    main()
