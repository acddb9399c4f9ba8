"""How a classifier stands attacks: its accuracy before and after, by attack and budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from textkit.errors import UsageError, unknown_name
from textkit.explain.neighbours import distributional_neighbours
from textkit.explain.word_attack import Substitutes, WordAttack, attack_words
from textkit.tasks.classification.classifier import Classifier, Floats, Integers, LabelledTexts
from textkit.tasks.classification.explanation import Saved, cut_words
from textkit.tasks.classification.reading import words_of

Method = Literal["fgsm", "pgd", "delete", "substitute"]
ON_VECTORS = ("fgsm", "pgd")
SUBSTITUTES = 8  # of a word


@dataclass(frozen=True)
class Strength:
    """How hard attacks try: `epsilon` and `steps` those on vectors, `budget` those on words.

    `epsilon` is a share of the vectors' mean length, `budget` one of a text's words.
    """

    epsilon: float = 0.2
    steps: int = 10
    budget: float = 0.2


@dataclass(frozen=True)
class Example:
    """A text that was answered rightly, as the attack left it when the answer had become wrong."""

    text: str
    label: str
    attacked: str
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Robustness:
    """Accuracy on `texts` texts before an attack and after; `changed`, the mean share of words changed.

    `changed` is over the texts on which the attack succeeded; it and `examples` are for attacks on words.
    """

    method: Method
    strength: float
    texts: int
    accuracy: float
    attacked: float
    changed: float | None = None
    examples: tuple[Example, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        name = "epsilon" if self.method in ON_VECTORS else "budget"
        found: dict[str, Any] = {"method": self.method, name: self.strength, "texts": self.texts}
        found |= {"accuracy": self.accuracy, "accuracy_attacked": self.attacked}
        if self.changed is not None:
            found["words_changed"] = self.changed
            found["examples"] = [
                {
                    "text": example.text,
                    "label": example.label,
                    "attacked": example.attacked,
                    "changes": [{"old": old, "new": new} for old, new in example.changes],
                }
                for example in self.examples
            ]
        return found


def methods_of(classifier: Classifier) -> tuple[Method, ...]:
    """The attacks that a classifier can be put to: those on vectors are for networks."""
    return get_args(Method) if hasattr(classifier, "network") else ("delete", "substitute")


def robustness(
    saved: Saved,
    texts: LabelledTexts,
    *,
    method: Method,
    strength: Strength,
    learn_from: LabelledTexts | None = None,
    examples: int = 0,
) -> Robustness:
    """Attack the answers to `texts` by `method`.

    "substitute" learns which words stand in each other's place from `learn_from`, the texts themselves if
    None: words between the same neighbours, of which none leans to another class, so that "good" does not
    become "bad". Whether a changed text still means the same, people must judge. Raises UsageError for a
    method that is not for this classifier, and for texts read with other labels.
    """
    if method not in get_args(Method):
        raise unknown_name("attack", method, get_args(Method))
    classifier = saved.classifier
    if method not in methods_of(classifier):
        raise UsageError(
            f"the attack '{method}' moves the word vectors of a network; this classifier has none: use "
            "delete or substitute"
        )
    if texts.labels != classifier.labels:
        raise UsageError("the texts must be read with the labels of the classifier")
    if method in ON_VECTORS:
        from textkit.tasks.classification.network import NetworkClassifier
        from textkit.tasks.classification.network_robustness import attacked_answers

        network = cast(NetworkClassifier, classifier)
        before, after = attacked_answers(
            network, texts, decision=saved.decision, method=method, strength=strength
        )
        return Robustness(
            method,
            strength.epsilon,
            len(texts),
            float((before == texts.classes).mean()),
            float((after == texts.classes).mean()),
        )
    substitutes = None
    if method == "substitute":
        substitutes = substitutes_of(saved, learn_from or texts)
    return _attack_words(saved, texts, method, strength.budget, substitutes, examples)


def substitutes_of(saved: Saved, texts: LabelledTexts) -> Substitutes:
    """For a word those that stand where it does in `texts`, and lean to no other class."""
    words = [words_of(text, saved.pipeline) for text in texts.texts]
    neighbours = distributional_neighbours(words, size=SUBSTITUTES, classes=texts.classes)

    def substitutes(word: str) -> Sequence[str]:
        return neighbours.get(word, ())

    return substitutes


def _deciding_scores(saved: Saved) -> Callable[[Sequence[str]], Floats]:
    """Scores (B, K) whose largest is the answer: with thresholds, the log probabilities beside their own."""
    thresholds = saved.decision.thresholds
    if thresholds is None:
        return saved.classifier.scores

    def scores(texts: Sequence[str]) -> Floats:
        shares = np.maximum(saved.classifier.probabilities(texts), np.finfo(np.float64).tiny)
        found: Floats = np.log(shares / np.array(thresholds))
        return found

    return scores


def _attack_words(
    saved: Saved,
    texts: LabelledTexts,
    method: Method,
    budget: float,
    substitutes: Substitutes | None,
    examples: int,
) -> Robustness:
    cut = [cut_words(saved, text) for text in texts.texts]
    scores = _deciding_scores(saved)
    states = attack_words(scores, cut, texts.classes, budget=budget, substitutes=substitutes)
    fooled = [number for number, state in enumerate(states) if state.succeeded]
    shares = [len(states[number].changes) / len(cut[number].words) for number in fooled]
    return Robustness(
        method,
        budget,
        len(texts),
        float(np.mean([state.before > 0 for state in states])),
        float(np.mean([state.margin > 0 for state in states])),
        float(np.mean(shares)) if shares else 0.0,
        tuple(_example(texts, number, states[number]) for number in fooled[:examples]),
    )


def _example(texts: LabelledTexts, number: int, state: WordAttack) -> Example:
    changes = tuple((change.old, change.new) for change in state.changes)
    return Example(texts.texts[number], texts.labels[texts.classes[number]], state.text, changes)


def sample(texts: LabelledTexts, count: int, *, seed: int) -> LabelledTexts:
    """`count` of the texts drawn at random, in their order; all if there are no more."""
    if len(texts) <= count:
        return texts
    chosen: Integers = np.sort(np.random.default_rng(seed).permutation(len(texts))[:count])
    return texts.select(chosen)
