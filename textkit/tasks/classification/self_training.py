"""Learning from unlabelled texts by guessing their labels, for any classifier that takes weighted texts.

Networks learn from unlabelled texts step by step instead: textkit.train.semi_supervised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from textkit.tasks.classification.classifier import Classifier, Floats, Integers, LabelledTexts
from textkit.tasks.classification.settings.unlabelled import UnlabelledSettings

C = TypeVar("C", bound=Classifier)
Fit = Callable[[LabelledTexts, Floats], C]

_COPIES = 4  # of each unlabelled text, thinned, for consistency
_KEPT = 0.7  # of the characters of a thinned text


def self_train(
    fit: Fit[C],
    labelled: LabelledTexts,
    unlabelled: Sequence[str],
    *,
    settings: UnlabelledSettings,
    seed: int,
) -> C:
    """`fit(texts, weights)` again and again, with guessed labels for the unlabelled texts from round two on.

    What a guess counts depends on `settings.semi`; labelled texts always count 1.

    self-training: `semi_weight` where it is surer than `semi_threshold`, else nothing (Yarowsky 1995,
        with a threshold).
    entropy: `semi_weight` * (1 - H(p) / log K), so that sure guesses count most: the classification EM
        algorithm, which minimises the entropy of the guesses (Grandvalet and Bengio 2005, section 3).
    consistency: `semi_weight` * the share of thinned copies of the text that get the same label; the
        copies are learnt from as well, each an equal part of it (Sohn et al. 2020, arXiv:2001.07685, with
        thinning for their augmentations).
    """
    generator = np.random.default_rng(seed)
    classifier = fit(labelled, np.ones(len(labelled)))
    if not unlabelled:
        return classifier
    for _ in range(settings.semi_rounds):
        texts, guesses, weights = _guesses(classifier, unlabelled, settings, generator)
        counted = np.flatnonzero(weights > 0)
        if not len(counted):
            return classifier
        more = LabelledTexts(
            labelled.texts + tuple(texts[i] for i in counted.tolist()),
            np.concatenate([labelled.classes, guesses[counted]]),
            labelled.labels,
        )
        classifier = fit(more, np.concatenate([np.ones(len(labelled)), weights[counted]]))
    return classifier


def _guesses(
    classifier: Classifier,
    texts: Sequence[str],
    settings: UnlabelledSettings,
    generator: np.random.Generator,
) -> tuple[Sequence[str], Integers, Floats]:
    """Texts to learn from, the guessed class of each, and what it counts."""
    probabilities = classifier.probabilities(texts)
    guesses: Integers = probabilities.argmax(1)
    if settings.semi == "self-training":
        sure = probabilities.max(1) > settings.semi_threshold
        return texts, guesses, settings.semi_weight * sure
    if settings.semi == "entropy":
        return texts, guesses, settings.semi_weight * (1 - _entropy(probabilities))
    copies = [thinned(text, generator) for _ in range(_COPIES) for text in texts]
    same = (classifier.probabilities(copies).argmax(1).reshape(_COPIES, -1) == guesses).mean(0)
    weights = np.tile(settings.semi_weight * same / (_COPIES + 1), _COPIES + 1)
    return [*texts, *copies], np.tile(guesses, _COPIES + 1), weights


def _entropy(probabilities: Floats) -> Floats:
    """Of each row (B, K), between 0 and 1."""
    logs = np.log(np.maximum(probabilities, 1e-300))
    entropy: Floats = -(probabilities * logs).sum(1) / np.log(probabilities.shape[1])
    return entropy


def thinned(text: str, generator: np.random.Generator) -> str:
    """The text without some of its characters.

    >>> thinned("abcdefghij", np.random.default_rng(0))
    'abcdgi'
    """
    kept = generator.random(len(text)) < _KEPT
    return "".join(character for character, keep in zip(text, kept, strict=True) if keep)
