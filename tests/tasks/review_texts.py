"""Made reviews whose words tell good from bad, and settings of small networks that learn them."""

from __future__ import annotations

from typing import Any

import numpy as np

from textkit.tasks.classification.classifier import LabelledTexts
from textkit.tasks.classification.config import ClassifierConfig
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

PIPELINE: Pipeline[str, list[str]] = Pipeline.of(WhitespaceTokenizer())
SIGNS = {"good": ("fine", "tasty", "quick"), "bad": ("cold", "late", "burnt")}


def review(label: str, generator: np.random.Generator) -> str:
    """Words that say nothing, and one or two that tell the class."""
    words = [f"w{n}" for n in generator.integers(0, 30, generator.integers(1, 9))]
    for sign in generator.choice(SIGNS[label], generator.integers(1, 3)):
        words.insert(int(generator.integers(0, len(words) + 1)), str(sign))
    return " ".join(words)


def reviews(count: int, *, seed: int = 0, share: float = 0.5) -> LabelledTexts:
    generator = np.random.default_rng(seed)
    labels = ["good" if generator.random() < share else "bad" for _ in range(count)]
    return LabelledTexts.of([(review(label, generator), label) for label in labels], labels=("bad", "good"))


def configured(preset: str = "textcnn", **settings: Any) -> ClassifierConfig:
    small: dict[str, Any] = {"epochs": 3, "batch_size": 16, "device": "cpu", "min_count": 1}
    small |= {} if preset == "book" else {"embedding": 12}
    small |= {} if preset == "embedding-bag" else {"hidden": 8}
    return ClassifierConfig.model_validate({"preset": preset, **small, **settings})
