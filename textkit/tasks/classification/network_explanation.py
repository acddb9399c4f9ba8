"""Attributions of networks by their gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from textkit.errors import UsageError
from textkit.explain.attribution import Attribution, Word
from textkit.explain.gradients import gradient_x_input, saliency
from textkit.explain.hidden_units import HiddenUnit, hidden_units, phrases_of
from textkit.explain.integrated_gradients import integrated_gradients
from textkit.explain.target import Target
from textkit.tasks.classification.deciding_network import DecidingNetwork
from textkit.tasks.classification.explanation import Saved, placed_words
from textkit.tasks.classification.network import NetworkClassifier, evaluating

AT_ONCE = 64  # texts explained together, of like length
PHRASE = 5  # words of the longest phrases that hidden units are shown
PHRASES = 50_000


def explain_network(
    classifier: NetworkClassifier, texts: Sequence[str], *, method: str, chosen: Sequence[int | None]
) -> list[Attribution]:
    """How the words of each text bear on the class `chosen` for it, against the best other.

    None, for all texts or for none of them, is the class of the highest score. The baseline of integrated
    gradients is a text of zero vectors, the unknown word's where training has not moved it. Words beyond
    the network's greatest length have a score of 0.
    """
    with evaluating(classifier.network):
        network = DecidingNetwork.of(classifier)
        order = np.argsort([len(text) for text in texts], kind="stable")
        found: dict[int, Attribution] = {}
        for first in range(0, len(order), AT_ONCE):
            rows = order[first : first + AT_ONCE].tolist()
            some, classes = [texts[row] for row in rows], [chosen[row] for row in rows]
            explained = _explain_batch(classifier, network, some, method, classes)
            found |= zip(rows, explained, strict=True)
    return [found[row] for row in range(len(texts))]


def _explain_batch(
    classifier: NetworkClassifier,
    network: DecidingNetwork,
    texts: Sequence[str],
    method: str,
    chosen: Sequence[int | None],
) -> list[Attribution]:
    ids, lengths = classifier.encode(texts)
    with torch.no_grad():
        logits = network.classify(network.embed(ids), lengths)
    classes = None if None in chosen else torch.tensor(chosen, device=ids.device)
    target = Target.of(logits, classes=classes)
    scores = _scores(network, ids, lengths, method, target)
    assert target.rivals is not None
    columns = (
        texts,
        scores.tolist(),
        lengths.tolist(),
        target.values(logits).tolist(),
        target.classes.tolist(),
        target.rivals.tolist(),
    )
    labels = classifier.labels
    result = []
    for text, row, length, value, winner, rival in zip(*columns, strict=True):
        tokens = placed_words(text, classifier.pipeline)
        if tokens and length != min(len(tokens), classifier.max_length):
            raise UsageError("the tokenizer finds other words with their places than without; report it")
        values = [*row[:length], *[0.0] * (len(tokens) - length)] if tokens else []
        words = tuple(
            Word(text[token.start : token.end], token.start, token.end, score)
            for token, score in zip(tokens, values, strict=True)
        )
        rest = value - sum(values) if method == "integrated-gradients" else None
        result.append(Attribution(text, words, labels[winner], labels[rival], method, value, rest))
    return result


def _scores(network: DecidingNetwork, ids: Tensor, lengths: Tensor, method: str, target: Target) -> Tensor:
    match method:
        case "integrated-gradients":
            return integrated_gradients(network, ids, lengths, target=target).scores
        case "saliency":
            return saliency(network, ids, lengths, target=target)
    return gradient_x_input(network, ids, lengths, target=target)


def explain_units(saved: Saved, texts: Sequence[str], *, units: int = 10, top: int = 8) -> list[HiddenUnit]:
    """The hidden units that weigh most, each with the phrases of `texts` that it answers to most.

    Raises UsageError for a classifier without hidden units.
    """
    classifier = saved.classifier
    if not isinstance(classifier, NetworkClassifier):
        raise UsageError("a linear classifier has no hidden units; --global shows what it looks for")
    words = [tokens for tokens in classifier.tokens(texts) if tokens]
    phrases = phrases_of(words, longest=PHRASE, most=PHRASES)
    if not phrases:
        raise UsageError("there is no word in these texts; give some that the classifier is for")
    sizes = [len(phrase) for phrase in phrases]
    ids = torch.zeros(len(phrases), PHRASE, dtype=torch.int64)
    numbers = classifier.vocab.encode([word for phrase in phrases for word in phrase])
    lengths = torch.tensor(sizes)
    ids[torch.arange(PHRASE) < lengths[:, None]] = torch.as_tensor(numbers, dtype=torch.int64)
    shown = [" ".join(phrase) for phrase in phrases]
    device = classifier.device
    return hidden_units(
        classifier.network, ids.to(device), lengths.to(device), phrases=shown, units=units, top=top
    )
