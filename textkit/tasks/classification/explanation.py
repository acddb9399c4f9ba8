"""Which words decided: attributions of any classifier, from the raw text to its words.

K classes. Every classifier can be asked by leaving words out; one of n-grams gives exact contributions,
a network gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, cast, get_args

import numpy as np
import numpy.typing as npt

from textkit.errors import UsageError, unknown_name
from textkit.explain.attribution import Attribution, Word, by_character, by_word
from textkit.explain.leave_one_out import Floats, leave_one_out
from textkit.explain.word_attack import Parts
from textkit.tasks.classification.classifier import Classifier
from textkit.tasks.classification.decisions import Decision
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizer import Token, Tokenizer

Method = Literal["contributions", "integrated-gradients", "saliency", "gradient-x-input", "leave-one-out"]
GRADIENTS = ("integrated-gradients", "saliency", "gradient-x-input")


class Contributions(Protocol):
    """What the occurrences of features in a text count: they and `bias` (K,) sum to its scores."""

    @property
    def starts(self) -> npt.NDArray[np.integer]:
        """Where they begin in the raw text (N,)."""
        ...

    @property
    def ends(self) -> npt.NDArray[np.integer]:
        """Where they end (N,)."""
        ...

    @property
    def values(self) -> Floats:
        """What each counts for each class (N, K)."""
        ...

    @property
    def bias(self) -> Floats:
        """What every text has (K,)."""
        ...


class Saved(Protocol):
    """A classifier, how texts are read for it and how it decides, as `load_classifier` gives them."""

    @property
    def classifier(self) -> Classifier:
        """From texts to scores."""
        ...

    @property
    def pipeline(self) -> Pipeline[str, list[str]]:
        """Cleaning, then a tokenizer."""
        ...

    @property
    def decision(self) -> Decision:
        """From probabilities to an answer."""
        ...


class Contributing(Classifier, Protocol):
    """One whose scores are sums over the features of a text."""

    def contributions(self, text: str, /) -> Contributions:
        """What each counts."""
        ...


def methods_of(classifier: Classifier) -> tuple[Method, ...]:
    """The methods that can explain a classifier, the default first."""
    if hasattr(classifier, "contributions"):
        return ("contributions", "leave-one-out")
    if hasattr(classifier, "network"):
        return ("integrated-gradients", "gradient-x-input", "saliency", "leave-one-out")
    return ("leave-one-out",)


def explain(
    saved: Saved,
    texts: Sequence[str],
    *,
    method: Method | None = None,
    target: str | None = None,
) -> list[Attribution]:
    """How the words of each text bear on its answer, or on the label `target`, against the best other.

    `method` is the classifier's best if None. Where words stand is said in characters of the text as it
    was given. Raises UsageError for an unknown label, or a method that is not for this classifier.
    """
    classifier = saved.classifier
    known = methods_of(classifier)
    if method is not None and method not in get_args(Method):
        raise unknown_name("method", method, get_args(Method))
    if method is not None and method not in known:
        raise UsageError(f"the method '{method}' is not for this classifier; use one of: {', '.join(known)}")
    if target is not None and target not in classifier.labels:
        raise unknown_name("label", target, classifier.labels)
    chosen = _chosen(saved, texts, target)
    method = method or known[0]
    if method in GRADIENTS:
        from textkit.tasks.classification.network import NetworkClassifier
        from textkit.tasks.classification.network_explanation import explain_network

        network = cast(NetworkClassifier, classifier)
        return explain_network(network, texts, method=method, chosen=chosen)
    if method == "contributions":
        return [_contributions(saved, text, each) for text, each in zip(texts, chosen, strict=True)]
    return _without_each(saved, texts, chosen)


def _chosen(saved: Saved, texts: Sequence[str], target: str | None) -> Sequence[int | None]:
    """The class in question of each text; None: the one of the highest score, which is its answer."""
    if target is not None:
        return [saved.classifier.labels.index(target)] * len(texts)
    if saved.decision.thresholds is None:
        return [None] * len(texts)
    answers: list[int | None] = saved.decision.forced(saved.classifier.probabilities(texts)).tolist()
    return answers


def placed_words(text: str, pipeline: Pipeline[str, list[str]]) -> list[Token]:
    """The words of `text` as a classifier reads them, blank ones left out, with their places in `text`.

    Raises UsageError for a pipeline that keeps no map back to the raw text.

    >>> from textkit.text.clean import preset
    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> placed_words("Ａ  好 吃", preset("zh").then(WhitespaceTokenizer()))
    [Token(text='A', start=0, end=1), Token(text='好', start=3, end=4), Token(text='吃', start=5, end=6)]
    """
    *cleaning, tokenizer = pipeline.stages
    if not isinstance(tokenizer, Tokenizer):
        raise UsageError(f"the last stage of the pipeline must be a tokenizer, not {tokenizer!r}")
    cleaned, alignment = Pipeline[str, str](tuple(cleaning)).aligned(text)
    tokens = (token for token in tokenizer.offsets(cleaned) if token.text.strip())
    return [Token(token.text, *alignment.span(token.start, token.end)) for token in tokens]


def choose(scores: Floats, chosen: int | None) -> tuple[int, int]:
    """The class in question, the one of the highest of `scores` (K,) if None, and the best other."""
    target = int(scores.argmax()) if chosen is None else chosen
    others = scores.copy()
    others[target] = -np.inf
    return target, int(others.argmax())


def _contributions(saved: Saved, text: str, chosen: int | None) -> Attribution:
    classifier = cast(Contributing, saved.classifier)
    found = classifier.contributions(text)
    scores = found.values.sum(0) + found.bias
    target, rival = choose(scores, chosen)
    margins = found.values[:, target] - found.values[:, rival]
    tokens = placed_words(text, saved.pipeline)
    spans = [(token.start, token.end) for token in tokens]
    places = list(zip(found.starts.tolist(), found.ends.tolist(), strict=True))
    within = np.zeros(len(text), np.bool_)
    for start, end in spans:
        within[start:end] = True
    characters, nowhere = by_character(len(text), places, margins.tolist(), within=within)
    values, outside = by_word(characters, spans)
    return Attribution(
        text,
        tuple(Word(text[a:b], a, b, value) for (a, b), value in zip(spans, values, strict=True)),
        classifier.labels[target],
        classifier.labels[rival],
        "contributions",
        float(scores[target] - scores[rival]),
        float(found.bias[target] - found.bias[rival]) + nowhere + outside,
    )


def cut_words(saved: Saved, text: str) -> Parts:
    """`text` cut at the words that a classifier reads."""
    return Parts.of(text, [(token.start, token.end) for token in placed_words(text, saved.pipeline)])


def _without_each(saved: Saved, texts: Sequence[str], chosen: Sequence[int | None]) -> list[Attribution]:
    classifier, cut = saved.classifier, [cut_words(saved, text) for text in texts]

    def joined(lists: list[list[str]]) -> Floats:
        return classifier.scores(["".join(parts) for parts in lists])

    drops = leave_one_out(joined, [text.parts for text in cut], places=[text.words for text in cut])
    whole = classifier.scores(texts)
    result = []
    for text, parts, drop, scores, each in zip(texts, cut, drops, whole, chosen, strict=True):
        target, rival = choose(scores, each)
        values = (drop[:, target] - drop[:, rival]).tolist()
        ends = np.cumsum([len(part) for part in parts.parts]).tolist()
        words = tuple(
            Word(parts.parts[place], ends[place] - len(parts.parts[place]), ends[place], value)
            for place, value in zip(parts.words, values, strict=True)
        )
        labels = classifier.labels
        margin = float(scores[target] - scores[rival])
        result.append(Attribution(text, words, labels[target], labels[rival], "leave-one-out", margin))
    return result
