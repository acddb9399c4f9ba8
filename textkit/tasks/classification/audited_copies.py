"""Texts that stand more than once, in one file or in two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from textkit.tasks.classification.audited import AuditedTexts, Finding


def copies_in(file: AuditedTexts, *, examples: int) -> Iterator[Finding]:
    """Copies and near copies within a file, and texts with more than one label."""
    texts, total = file.texts, len(file.texts)
    seen: set[str] = set()
    keys: dict[str, int] = {}
    exact, near = [], []
    for index, (text, key) in enumerate(zip(texts, file.keys, strict=True)):
        if not text.strip():
            continue  # empty texts are a finding of their own
        if text in seen:
            exact.append(index)
        elif key and key in keys:
            near.append(index)
        seen.add(text)
        keys.setdefault(key, index)
    effect = (
        "a split at random puts copies on both sides, and remembering them counts as understanding; "
        "textkit keeps exact copies on one side, others must be taken out"
    )
    for kind, found, how in (
        ("copies", exact, "are copies of earlier ones"),
        ("near copies", near, "equal an earlier one but for punctuation, blanks, case or width"),
    ):
        if found:
            message = f"{len(found)} of {total} texts ({len(found) / total:.1%}) {how}"
            yield Finding(
                kind, file.name, len(found), message, effect, _shown(file, found, examples), false=True
            )
    yield from _both_labels(file, examples=examples)


def _both_labels(file: AuditedTexts, *, examples: int) -> Iterator[Finding]:
    if file.labels is None:
        return
    groups: dict[str, Counter[str]] = {}
    for text, key, label in zip(file.texts, file.keys, file.labels, strict=True):
        groups.setdefault(key or text, Counter())[label] += 1
    torn = {key: labels for key, labels in groups.items() if len(labels) > 1 and key.strip()}
    if not torn:
        return
    places = [
        i for i, (text, key) in enumerate(zip(file.texts, file.keys, strict=True)) if (key or text) in torn
    ]
    lost = sum(labels.total() - max(labels.values()) for labels in torn.values())
    places.sort(key=lambda index: file.keys[index])
    yield Finding(
        "both labels",
        file.name,
        len(places),
        f"{len(torn)} texts stand in {len(places)} records with more than one label, copies or near copies",
        f"no classifier can be right on {lost} of them: the best accuracy there is is "
        f"{1 - lost / len(file.texts):.4f}; decide for one label, or take them out",
        _shown(file, places, examples),
        false=True,
    )


def overlap(first: AuditedTexts, second: AuditedTexts, *, examples: int) -> Iterator[Finding]:
    """Texts of the second file that stand in the first one too."""
    texts = {text for text in first.texts if text.strip()}
    keys = {key for key in first.keys if key}
    exact = [index for index, text in enumerate(second.texts) if text in texts]
    known = set(exact)
    near = [i for i, key in enumerate(second.keys) if key in keys and i not in known]
    for kind, found, how in (
        ("overlap", exact, "stand"),
        ("near overlap", near, "stand, but for punctuation, blanks, case or width,"),
    ):
        if found:
            share = len(found) / len(second.texts)
            contradicted = _contradicted(first, second, found)
            but = f", {contradicted} of them with another label" if contradicted else ""
            yield Finding(
                kind,
                f"{first.name} and {second.name}",
                len(found),
                f"{len(found)} of {len(second.texts)} texts of {second.name} ({share:.1%}) {how} in "
                f"{first.name} too{but}",
                f"learnt from one and measured on the other, up to {100 * share:.1f} points of an accuracy "
                "are memory; take them out of one",
                _shown(second, found, examples),
                false=True,
            )


def _shown(file: AuditedTexts, found: list[int], examples: int) -> tuple[str, ...]:
    return tuple(file.example(index) for index in found[:examples])


def _contradicted(first: AuditedTexts, second: AuditedTexts, found: list[int]) -> int:
    """How many of the texts `found` in the second file have a label there that the first never gives them."""
    if first.labels is None or second.labels is None:
        return 0
    known: dict[str, set[str]] = {}
    for text, key, label in zip(first.texts, first.keys, first.labels, strict=True):
        known.setdefault(key or text, set()).add(label)
    return sum(second.labels[i] not in known[second.keys[i] or second.texts[i]] for i in found)
