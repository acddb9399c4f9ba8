"""Several models that choose together, as one step model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from textkit.decode.scores import Guided, attention_of
from textkit.errors import UsageError
from textkit.models.step_model import StepModel
from textkit.text.vocab import Vocab

_States = tuple[Any, ...]


class Ensemble:
    """The mean of the probabilities of `models`, which share their ids: log (1/M sum_m p_m), as Sutskever et
    al. 2014 (arXiv:1409.3215) and fairseq combine networks that were trained apart. (The mean of log
    probabilities, which others take, is no distribution before it is divided by its sum.)

    Raises UsageError for no models, and for one with a language model fused in: fuse it with the ensemble.
    """

    def __init__(self, models: Sequence[StepModel[Any]]) -> None:
        if not models:
            raise UsageError("an ensemble needs at least one model")
        if any(isinstance(model, Guided) for model in models):
            raise UsageError("fuse a language model with the whole ensemble, not with a model of it")
        self._models = tuple(models)

    def start(self, rows: int) -> _States:
        """The state before anything was read."""
        return tuple(model.start(rows) for model in self._models)

    def step(self, ids: Tensor, state: _States) -> tuple[Tensor, _States]:
        """Read `ids` (R,); log probabilities (R, V) of what follows, and the state.

        Raises UsageError when the models do not have as many ids.
        """
        log_probs, states = [], []
        for model, old in zip(self._models, state, strict=True):
            own, new = model.step(ids, old)
            log_probs.append(own)
            states.append(new)
        sizes = sorted({own.shape[1] for own in log_probs})
        if len(sizes) > 1:
            raise UsageError(f"the models of an ensemble must share their ids, not have {sizes} of them")
        mean = torch.logsumexp(torch.stack(log_probs), dim=0).sub_(math.log(len(log_probs)))
        return mean, tuple(states)

    def reorder(self, state: _States, rows: Tensor) -> _States:
        """The state whose row i is the old row `rows[i]`."""
        return tuple(model.reorder(old, rows) for model, old in zip(self._models, state, strict=True))

    def attention(self, state: _States) -> Tensor:
        """The mean of where the models looked (R, N). Raises UsageError when they have not all one."""
        looked = [attention_of(model, old) for model, old in zip(self._models, state, strict=True)]
        if len({part.shape for part in looked}) > 1:
            raise UsageError("the models of an ensemble split sources differently: they share no attention")
        return torch.stack(looked).mean(dim=0)


class FusedState(NamedTuple):
    """What two models have read, and the `advice` (R, V) of the second on the next ids.

    Row i of the state has row `moved[i]` of it, or row i where that is None: it is seldom asked for again.
    """

    model: Any
    language_model: Any
    advice: Tensor | None = None
    moved: Tensor | None = None


class Fusion:
    """`model` with a language model that helps to choose ids: by log p + `weight` log p_LM (shallow fusion,
    Gulcehre et al. 2015, arXiv:1503.03535, section 4.1), which is not made to sum to one.

    Log probabilities stay those of `model`; filters reshape them before the other's are added.
    `language_model_ids` (V,), see `matching_ids`, are the ids in `language_model` of those of `model`, the
    same where it is None. Raises UsageError for a negative weight.
    """

    def __init__(
        self,
        model: StepModel[Any],
        language_model: StepModel[Any],
        *,
        weight: float,
        language_model_ids: Tensor | None = None,
    ) -> None:
        if not 0 <= weight < float("inf"):
            raise UsageError(f"the weight of a language model must be 0 or a positive number, not {weight}")
        self._model, self._language_model = model, language_model
        self._weight, self._ids = weight, language_model_ids

    def start(self, rows: int) -> FusedState:
        """The state before anything was read."""
        return FusedState(self._model.start(rows), self._language_model.start(rows))

    def step(self, ids: Tensor, state: FusedState) -> tuple[Tensor, FusedState]:
        """Read `ids` (R,); `model`'s log probabilities (R, V) of what follows, and the state.

        Raises UsageError when the language model's ids do not match.
        """
        log_probs, own = self._model.step(ids, state.model)
        read = ids if self._ids is None else self._ids.to(ids.device)[ids]
        advice, other = self._language_model.step(read, state.language_model)
        if self._ids is not None:
            advice = advice.index_select(1, self._ids.to(advice.device))
        if advice.shape[1] != log_probs.shape[1]:
            raise UsageError(
                f"the language model has {advice.shape[1]} ids and the model {log_probs.shape[1]}: "
                "give language_model_ids"
            )
        return log_probs, FusedState(own, other, advice)

    def reorder(self, state: FusedState, rows: Tensor) -> FusedState:
        """The state whose row i is the old row `rows[i]`."""
        return FusedState(
            self._model.reorder(state.model, rows),
            self._language_model.reorder(state.language_model, rows),
            state.advice,
            rows if state.moved is None else state.moved[rows.to(state.moved.device)],
        )

    def guided(self, log_probs: Tensor, state: FusedState) -> Tensor:
        """`log_probs` (R, V) plus the language model's weighted ones."""
        if not self._weight or state.advice is None:  # 0 times the -inf of an impossible id would be nan
            return log_probs
        advice = state.advice if state.moved is None else state.advice[state.moved.to(state.advice.device)]
        return log_probs + self._weight * advice.to(log_probs.device)

    def attention(self, state: FusedState) -> Tensor:
        """Where `model` looked (R, N). Raises UsageError when it has no attention."""
        return attention_of(self._model, state.model)


def matching_ids(vocab: Vocab, other: Vocab, *, unknown: int = 0) -> Tensor:
    """For each id of `vocab` the id (V,) int64 of the same token in `other`, `unknown` where there is none.

    Special tokens are matched too, by what they are called.

    >>> matching_ids(Vocab.build(["ab"]), Vocab.build(["cb"]))
    tensor([0, 0, 2])
    """
    ids = {token: number for number, token in enumerate(other.tokens)}
    return torch.tensor([ids.get(token, unknown) for token in vocab.tokens])
