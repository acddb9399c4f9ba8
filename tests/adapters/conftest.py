"""Runs that the adapters refer to: tiny, and trained once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

GOOD = ["房间干净", "服务很好", "非常满意", "早餐不错", "还会再来", "位置方便"]
BAD = ["房间很脏", "服务太差", "非常失望", "早餐难吃", "不会再来", "位置偏僻"]
NETWORK: dict[str, Any] = {"preset": "embedding-bag", "embedding": 8, "min_count": 1, "epochs": 2}


def opinions(size: int, labels: Sequence[Any] = ("neg", "pos")) -> tuple[list[str], list[Any]]:
    """Texts of two opinions that share their label; no two are alike."""
    texts, marks = [], []
    for number in range(size):
        words = (BAD, GOOD)[number % 2]
        texts.append(f"{words[number // 2 % 6]}，{words[number // 3 % 6]}{number}")
        marks.append(labels[number % 2])
    return texts, marks


@pytest.fixture(scope="session")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a linear classifier."""
    return classifier(tmp_path_factory.mktemp("adapters") / "reviews", preset="fast")


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a network."""
    return classifier(tmp_path_factory.mktemp("adapters") / "network", **NETWORK)


@pytest.fixture(scope="session")
def travel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a tagger that knows where one goes."""
    from textkit.data.spans import TaggedSentence
    from textkit.tasks import tagging

    cities = ["Oslo", "Lima", "New York", "Bath"]
    made = []
    for number in range(60):
        city = cities[number % 4].split()
        tags = ["B-goal", "I-goal"][: len(city)]
        words = ["I", ("go", "fly")[number % 2], "to", *city, "now"]
        made.append(TaggedSentence(tuple(words), ("O", "O", "O", *tags, "O")))
    config = tagging.TaggerConfig(
        embedding=12, letters=8, hidden=16, epochs=6, batch_size=8, learning_rate=0.02, rarity=3.0
    )
    path = tmp_path_factory.mktemp("adapters") / "travel"
    tagging.train(made, config, out=path, dev=made[:12])
    return path


def classifier(path: Path, *, size: int = 60, **settings: Any) -> Path:
    """Train one there."""
    from textkit.tasks.classification import ClassifierConfig, LabelledTexts, train

    texts, labels = opinions(size)
    train(LabelledTexts.of(zip(texts, labels, strict=True)), ClassifierConfig(**settings), out=path)
    return path
