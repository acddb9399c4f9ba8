"""Tagged sentences of journeys, and settings of a small tagger that learns them."""

from __future__ import annotations

import random
from typing import Any

from textkit.data.spans import TaggedSentence
from textkit.tasks.configuration import make_settings
from textkit.tasks.tagging import TaggerConfig

CITIES = ["Oslo", "Lima", "New York", "Bath", "San Marino", "Graz", "Turin", "Nice"]
SMALL: dict[str, Any] = {
    "embedding": 12, "letters": 8, "hidden": 16, "dropout": 0.2, "rarity": 3.0, "epochs": 8, "batch_size": 8,
    "learning_rate": 0.02,
}  # fmt: skip


def sentences(count: int, *, seed: int, cities: list[str] = CITIES) -> list[TaggedSentence]:
    """Journeys: what follows to is where one goes, what follows from where one begins."""
    generator = random.Random(seed)
    made = []
    for _ in range(count):
        pairs: list[tuple[str, str]] = [("I", "O"), (generator.choice(["go", "fly"]), "O")]
        ends = [("to", "goal"), ("from", "begin")]
        generator.shuffle(ends)
        for word, label in ends[: generator.randrange(1, 3)]:
            pairs.append((word, "O"))
            for place, token in enumerate(generator.choice(cities).split()):
                pairs.append((token, f"{'I' if place else 'B'}-{label}"))
        made.append(TaggedSentence(*zip(*pairs, strict=True)))
    return made


def config(**settings: Any) -> TaggerConfig:
    return make_settings(TaggerConfig, SMALL | settings)
