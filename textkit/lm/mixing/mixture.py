"""A mixture of language models: the weighted sum of their probabilities, word by word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from textkit.data.encoded import EncodedCorpus
from textkit.errors import UsageError
from textkit.lm.language_model import LanguageModel
from textkit.lm.mixing.shared_vocab import SharedVocab
from textkit.lm.mixing.weights import tune_weights
from textkit.lm.ngram.model import Floats
from textkit.text.vocab import Vocab

if TYPE_CHECKING:
    from torch import Tensor

States: TypeAlias = tuple[Any, ...]  # one of each model's own


def check_weights(weights: Sequence[float], models: int) -> None:
    """Raise UsageError unless there is a weight for each model, none below 0, and they sum to one."""
    if models < 1 or len(weights) != models:
        raise UsageError(f"a mixture has a weight for each of its models: {models}, not {len(weights)}")
    if not (all(weight >= 0 for weight in weights) and math.isclose(sum(weights), 1.0, abs_tol=1e-6)):
        shown = ", ".join(f"{weight:g}" for weight in weights)
        raise UsageError(f"the weights of a mixture are 0 or more and sum to one, not {shown}")


@dataclass(frozen=True, eq=False)
class Mixture:
    """p(w | h) = sum over models i of weight_i p_i(w | h), over the union of their vocabularies.

    Any language models, n-gram or neural. A word that a model lacks is `<unk>` to it in histories, and
    has no probability from it: what all the models give sums to one again, and `<unk>` stands for the
    words that none of them has. Raises UsageError unless the weights fit.
    """

    models: tuple[LanguageModel[Any], ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        check_weights(self.weights, len(self.models))

    @staticmethod
    def tuned(models: Sequence[LanguageModel[Any]], corpus: EncodedCorpus) -> Mixture:
        """The mixture that fits a held-out text best, ids of the union of the vocabularies.

        Raises as `mixture_weights.tune_weights`, and UsageError without a model.
        """
        mixture = Mixture(tuple(models), tuple(1 / len(models) for _ in models))
        return replace(mixture, weights=tune_weights(mixture.parts(corpus)).weights)

    @cached_property
    def shared(self) -> SharedVocab:
        """The union of the vocabularies, and the models' own ids in it."""
        return SharedVocab.of([model.vocab for model in self.models])

    @property
    def vocab(self) -> Vocab:
        """The union of the models' vocabularies."""
        return self.shared.vocab

    def parts(self, corpus: EncodedCorpus) -> list[Floats]:
        """What each model makes of every token: natural log probabilities, a list of (N,).

        `corpus` holds ids of the union. Where a model lacks the word, -inf.
        """
        parts = []
        for model, own, lacks in zip(self.models, self.shared.own, self.shared.lacks, strict=True):
            ids = own[corpus.ids].astype(np.int32)
            log_probs = model.log_probs(EncodedCorpus(ids, corpus.offsets))
            parts.append(np.where(lacks[corpus.ids], -np.inf, log_probs))
        return parts

    def log_probs(self, corpus: EncodedCorpus) -> Floats:
        """The natural log probability of every token of `corpus`, ids of the union, (N,)."""
        with np.errstate(divide="ignore"):  # a weight of 0 is meant
            logs = np.log(self.weights)
        total = np.full(len(corpus.ids), -np.inf)
        for log_weight, part in zip(logs, self.parts(corpus), strict=True):
            total = np.logaddexp(total, part + log_weight)
        return total

    def start(self, rows: int) -> States:
        """The state before anything was read."""
        return tuple(model.start(rows) for model in self.models)

    def step(self, ids: Tensor, state: States) -> tuple[Tensor, States]:
        """Read `ids` (R,) of the union and give natural log probabilities (R, V) of what follows."""
        import torch

        parts, states = [], []
        each = zip(self.models, self.weights, self.shared.own, self.shared.lacks, state, strict=True)
        for model, weight, own, lacks, before in each:
            names = torch.from_numpy(own).to(ids.device)
            log_probs, after = model.step(names[ids], before)
            absent = torch.from_numpy(lacks[:-1]).to(ids.device)
            part = log_probs[:, names[:-1]].masked_fill(absent, -math.inf)
            parts.append(part + (math.log(weight) if weight else -math.inf))
            states.append(after)
        return torch.logsumexp(torch.stack(parts), dim=0), tuple(states)

    def reorder(self, state: States, rows: Tensor) -> States:
        """The state whose row i is the old row `rows[i]`; `rows` (R',) int64 may repeat and drop rows."""
        return tuple(model.reorder(part, rows) for model, part in zip(self.models, state, strict=True))
