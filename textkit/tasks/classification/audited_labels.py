"""Labels that are lopsided, sorted, told by the text itself, or not the same in two files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from textkit.tasks.classification.audited import FEW, AuditedTexts, Finding, shown

LOPSIDED = 0.7  # of the texts having one label
DRIFT = 0.05  # of a label's share between two files, beyond what chance does
TOLD = 0.2  # of the texts of a class naming it


def balance(file: AuditedTexts) -> Iterator[Finding]:
    """One label far more frequent than the others, and labels that are rare."""
    counts, total = file.label_counts(), len(file.texts)
    label, most = counts.most_common(1)[0]
    if len(counts) == 1:
        yield Finding(
            "one label",
            file.name,
            total,
            f"all texts have the label '{shown(label)}'",
            "any number measured on it says nothing of the other labels",
            false=True,
        )
    elif most / total >= LOPSIDED:
        yield Finding(
            "lopsided labels",
            file.name,
            most,
            f"{most / total:.1%} of the texts have the label '{shown(label)}'",
            f"always answering '{shown(label)}' has an accuracy of {most / total:.4f}: "
            "report macro-F1 beside it",
        )
    rare = {name: count for name, count in counts.items() if count < FEW}
    if rare and total >= FEW * len(counts):
        named = ", ".join(f"'{shown(name)}' {count}" for name, count in sorted(rare.items())[:10])
        yield Finding(
            "rare labels",
            file.name,
            sum(rare.values()),
            f"labels with fewer than {FEW} texts: {named}",
            "what is measured of them, and with them macro-F1, is mostly chance",
        )


def label_order(file: AuditedTexts) -> Iterator[Finding]:
    """Records sorted by label."""
    labels, total = file.labels or (), len(file.texts)
    changes = sum(a != b for a, b in pairwise(labels))
    expected = (total - 1) * (1 - sum((count / total) ** 2 for count in file.label_counts().values()))
    if total >= 50 and expected > 10 and changes < expected / 2:
        yield Finding(
            "sorted by label",
            file.name,
            total,
            f"the label changes {changes} times from record to record, by chance {expected:.0f} times",
            "its first part is no sample of the whole: shuffle before cutting; textkit's own splits do",
        )


def label_words(file: AuditedTexts, *, examples: int) -> Iterator[Finding]:
    """Labels that stand in their own texts, much oftener than in others."""
    labels = file.labels or ()
    counts, texts = file.label_counts(), [text.lower() for text in file.texts]
    for label in file.frequent_labels():
        if len(label) < 2 or label.isdecimal():
            continue
        holding = [index for index, text in enumerate(texts) if label.lower() in text]
        own = [index for index in holding if labels[index] == label]
        others = len(file.texts) - counts[label]
        rate, elsewhere = len(own) / counts[label], (len(holding) - len(own)) / max(others, 1)
        if rate >= TOLD and rate > 5 * elsewhere:
            yield Finding(
                "label in the text",
                file.name,
                len(own),
                f"'{shown(label)}' stands in {rate:.1%} of the texts with that label, "
                f"in {elsewhere:.1%} of others",
                "a classifier may read the answer off; texts without it will be harder than the number says",
                tuple(file.example(index) for index in own[:examples]),
            )


def differing_labels(first: AuditedTexts, second: AuditedTexts) -> Iterator[Finding]:
    """Labels that only one of two files has, or that are more frequent in one."""
    if first.labels is None or second.labels is None:
        return
    both = f"{first.name} and {second.name}"
    counts = first.label_counts(), second.label_counts()
    if alone := sorted(set(counts[1]) - set(counts[0])):
        texts = sum(counts[1][label] for label in alone)
        yield Finding(
            "unknown labels",
            both,
            texts,
            f"{texts} texts of {second.name} have labels that {first.name} has not: "
            f"{', '.join(map(shown, alone[:10]))}",
            f"learnt from {first.name}, every one of them is a mistake",
            false=True,
        )
    shares = [{label: count / c.total() for label, count in c.items()} for c in counts]
    gaps = {name: abs(shares[0].get(name, 0) - shares[1].get(name, 0)) for name in (*shares[0], *shares[1])}
    label = max(gaps, key=lambda name: gaps[name])
    share = (counts[0][label] + counts[1][label]) / (len(first.texts) + len(second.texts))
    chance = (share * (1 - share) * (1 / len(first.texts) + 1 / len(second.texts))) ** 0.5
    if gaps[label] > max(DRIFT, 3 * chance) and not alone:
        yield Finding(
            "other shares",
            both,
            len(second.texts),
            f"'{shown(label)}' has {shares[0].get(label, 0):.1%} of {first.name}, "
            f"{shares[1].get(label, 0):.1%} of {second.name}",
            "probabilities learnt on one are off on the other, and accuracies do not compare",
        )
