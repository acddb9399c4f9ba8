"""A network whose largest logit is the classifier's answer: what explanations and attacks look at."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from textkit.models.text_network import TextNetwork
from textkit.tasks.classification.network import NetworkClassifier


@dataclass(frozen=True, eq=False)
class DecidingNetwork:
    """`network` with `shift` (K,) added to its logits: a `TextNetwork`.

    A classifier's scores may favour a class for its frequency; what they add to the logits is the same
    for all texts.
    """

    network: TextNetwork
    shift: Tensor

    @staticmethod
    def of(classifier: NetworkClassifier) -> DecidingNetwork:
        """The network behind a classifier, so that its logits are the classifier's scores."""
        shift = torch.from_numpy(classifier.shift).float().to(classifier.device)
        return DecidingNetwork(classifier.network, shift)

    def embed(self, ids: Tensor, /) -> Tensor:
        """The vectors (B, T, E) of `ids` (B, T)."""
        return self.network.embed(ids)

    def classify(self, embedded: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) of `embedded` (B, T, E)."""
        return self.network.classify(embedded, lengths) + self.shift

    def __call__(self, ids: Tensor, lengths: Tensor, /) -> Tensor:
        """Logits (B, K) of `ids` (B, T)."""
        return self.network(ids, lengths) + self.shift
