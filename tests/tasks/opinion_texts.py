"""Opinions on a hotel, labelled good or bad, and settings of a small network that learns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textkit.tasks.classification import LabelledTexts

GOOD = ["房间干净", "服务很好", "非常满意", "早餐不错", "还会再来", "位置方便"]
BAD = ["房间很脏", "服务太差", "非常失望", "早餐难吃", "不会再来", "位置偏僻"]
SMALL: dict[str, Any] = {
    "preset": "embedding-bag",
    "embedding": 8,
    "min_count": 1,
    "epochs": 3,
    "dropout": 0.3,
}


def labelled(size: int, *, seed: int = 0, labels: Sequence[str] = ("坏", "好")) -> LabelledTexts:
    """Texts of two opinions each, which share their label."""
    generator = np.random.default_rng(seed)
    pairs = []
    for number in range(size):
        words = (BAD, GOOD)[number % 2]
        first, second = generator.choice(len(words), 2, replace=False)
        pairs.append((f"{words[first]}，{words[second]}{number}", labels[number % 2]))
    return LabelledTexts.of(pairs, labels=sorted(labels))
