"""Texts that are empty, damaged, or of lengths that tell their labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from textkit.tasks.classification.audited import FEW, AuditedTexts, Finding, shown
from textkit.tasks.classification.classifier import Floats, Integers

TELLING = 0.8  # area under the curve from which the length is said to tell a label

_LOST = re.compile("\ufffd|锟斤拷|锘挎|烫烫烫|屯屯屯")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\ufeff\ue000-\uf8ff]")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-zA-Z]{2,8}|#[0-9]{2,6});")


def lengths(file: AuditedTexts) -> Integers:
    """The characters of each text."""
    return np.fromiter(map(len, file.texts), np.int64, len(file.texts))


def damage(file: AuditedTexts, *, examples: int) -> Iterator[Finding]:
    """Texts that are not what was written."""
    kinds: tuple[tuple[str, Callable[[Sequence[str]], list[int]], str, str], ...] = (
        (
            "empty texts",
            lambda texts: [i for i, text in enumerate(texts) if not text.strip()],
            "are empty",
            "their answers are guesses, right as often as the commonest label; take them out, or say so",
        ),
        (
            "lost characters",
            _matching(_LOST),
            "have characters that were lost in a conversion (U+FFFD, 锟斤拷)",
            "what was written cannot be had back from them; convert again from the original",
        ),
        (
            "wrong decoding",
            _repaired,
            "were decoded wrongly on the way (mojibake)",
            "their words are unknown to a classifier; --clean basic repairs them, as most presets do",
        ),
        (
            "invisible characters",
            _matching(_CONTROL),
            "have control, zero-width or private characters",
            "they part words and make copies look different; cleaning takes most of them out",
        ),
        (
            "markup",
            _matching(_MARKUP),
            "have HTML tags or entities",
            "a classifier may learn where a text comes from; --clean web takes them out",
        ),
        (
            "traditional characters",
            _traditional,
            "have traditional Chinese characters",
            "beside simplified ones the same word counts as two; --clean zh makes them one",
        ),
    )
    for kind, find, how, effect in kinds:
        if found := find(file.texts):
            message = f"{len(found)} of {len(file.texts)} texts {how}"
            yield Finding(
                kind, file.name, len(found), message, effect, tuple(map(file.example, found[:examples]))
            )


def _matching(pattern: re.Pattern[str]) -> Callable[[Sequence[str]], list[int]]:
    return lambda texts: [index for index, text in enumerate(texts) if pattern.search(text)]


def _repaired(texts: Sequence[str]) -> list[int]:
    from textkit.text.clean import RepairEncoding

    return [i for i, (a, b) in enumerate(zip(texts, RepairEncoding().batch(texts), strict=True)) if a != b]


def _traditional(texts: Sequence[str]) -> list[int]:
    from textkit.text.clean import Simplify

    return [i for i, (a, b) in enumerate(zip(texts, Simplify().batch(texts), strict=True)) if a != b]


def telling_lengths(file: AuditedTexts) -> Iterator[Finding]:
    """Lengths that tell a label."""
    if file.labels is None or len(file.label_counts()) < 2:
        return
    numbers = {label: number for number, label in enumerate(file.label_counts())}
    # Numbers, as an array of the labels themselves has room for the longest in every row.
    classes = np.fromiter(map(numbers.__getitem__, file.labels), np.int64, len(file.labels))
    characters = lengths(file)
    for label in file.frequent_labels(least=FEW):
        own = classes == numbers[label]
        if (~own).sum() < FEW:
            continue
        area = _area(characters.astype(np.float64), own)
        if max(area, 1 - area) >= TELLING:
            medians = [int(np.median(characters[chosen])) for chosen in (own, ~own)]
            yield Finding(
                "telling lengths",
                file.name,
                len(file.texts),
                f"the length alone tells '{shown(label)}' (area under the curve {max(area, 1 - area):.2f}): "
                f"a median of {medians[0]} characters, {medians[1]} of the others",
                "a classifier may count characters; make sure that the texts to come have such lengths",
            )
            return


def _area(values: Floats, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """The chance that a chosen value is above one of the others (area under the ROC curve), ties half."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n = int(chosen.sum())
    return float((ranks[chosen].sum() - n * (n + 1) / 2) / (n * (len(values) - n)))
