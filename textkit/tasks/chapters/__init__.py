"""The chapters of the course: each a claim, the code that shows it, and a picture. One chapter a module.

A module has `CARD`, a Card, and `run(study) -> dict[str, float]`, which gives what was reached by the
names of the card's facts. The table CHAPTERS names the modules, in the order of the course; they are
imported when they are needed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Protocol, cast

from textkit.errors import unknown_name
from textkit.tasks.chapters.card import Card, Fact
from textkit.tasks.chapters.study import Study

__all__ = ["CHAPTERS", "Card", "Chapter", "Fact", "Study", "load_chapter"]

CHAPTERS = {
    "linear-regression": "Four ways to the same line.",
    "feature-scaling": "Why columns of different size make descent slow.",
    "polynomial-regression": "Underfitting and overfitting; choosing a degree.",
    "cross-validation": "Choosing by k folds, and how sure one can be.",
    "bias-variance": "What of an error is bias, what variance, what noise.",
    "regularisation": "Ridge, lasso and weight decay along lambda.",
    "logistic-regression": "The probability of one of two classes.",
    "softmax-regression": "The probabilities of many classes.",
    "gaussian-classifier": "Two Gaussians with one covariance give a sigmoid.",
    "xor": "What no line can part, two cascaded units can.",
    "perceptron": "A multilayer perceptron with four activations.",
    "initialisation": "Zero keeps units alike; Xavier and Kaiming keep sizes.",
    "dropout": "Dropout and early stopping against overfitting.",
    "backpropagation": "Reverse-mode differentiation on a small graph.",
    "numerical-stability": "Products of many matrices vanish or explode.",
    "bicycle-rentals": "Hourly rentals from weather and calendar.",
    "optimisers": "Ten optimisers on a valley and on a network.",
    "learning-rates": "Schedules, and the range test.",
    "convolution": "Cross-correlation finds edges, with few weights.",
    "digits": "A small convolutional network on 8x8 digits.",
    "digits-cnn": "A LeNet with dropout on handwritten digits, and what it saw.",
    "deep-dream": "Gradient ascent on the input.",
    "style-transfer": "Style as Gram matrices.",
    "dataset-shift": "Covariate, label and concept shift: found and corrected.",
}


class Chapter(Protocol):
    """A module of this package that is a chapter."""

    CARD: Card

    def run(self, study: Study) -> Mapping[str, float]:
        """What was reached, by the names of the card's facts."""
        ...


def load_chapter(name: str) -> Chapter:
    """The chapter of that name; raises UsageError, with the nearest name, for an unknown one."""
    if name not in CHAPTERS:
        raise unknown_name("chapter", name, CHAPTERS)
    return cast("Chapter", importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
