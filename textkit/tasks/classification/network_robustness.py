"""Attacks on the word vectors of a network that classifies texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from textkit.explain.embedding_attack import Method, attack_embeddings
from textkit.models.perturbation import Bound
from textkit.tasks.classification.classifier import Integers, LabelledTexts
from textkit.tasks.classification.deciding_network import DecidingNetwork
from textkit.tasks.classification.decisions import Decision
from textkit.tasks.classification.network import NetworkClassifier, evaluating

if TYPE_CHECKING:
    from textkit.tasks.classification.robustness import Strength

AT_ONCE = 64  # texts attacked together, of like length


def attacked_answers(
    classifier: NetworkClassifier,
    texts: LabelledTexts,
    *,
    decision: Decision,
    method: str,
    strength: Strength,
) -> tuple[Integers, Integers]:
    """The class (B,) that each text is given by `decision` before its vectors are moved, and after."""

    def answers(logits: Tensor) -> Integers:
        scores = logits.double().cpu().numpy() - classifier.shift  # which calibration adds itself
        return decision.forced(classifier.calibration.probabilities(scores))

    before, after = (np.empty(len(texts), np.int64) for _ in range(2))
    with evaluating(classifier.network):
        network = DecidingNetwork.of(classifier)
        order = np.argsort([len(text) for text in texts.texts], kind="stable")
        for first in range(0, len(order), AT_ONCE):
            rows = order[first : first + AT_ONCE]
            ids, lengths = classifier.encode([texts.texts[row] for row in rows.tolist()])
            labels = torch.from_numpy(texts.classes[rows]).to(ids.device)
            moved = attack_embeddings(
                network,
                ids,
                lengths,
                labels=labels,
                bound=Bound(strength.epsilon),
                method=cast(Method, method),
                steps=strength.steps,
            )
            with torch.no_grad():
                plain = network.classify(network.embed(ids), lengths)
            before[rows], after[rows] = answers(plain), answers(moved.logits)
    return before, after
