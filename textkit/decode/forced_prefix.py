"""Texts that must begin as told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from textkit.decode.filters import Filter
from textkit.errors import UsageError


@dataclass(frozen=True)
class ForcedPrefix:
    """The first ids of sentence i, after a prompt of `prompt` ids, are `prefixes[i]`; the rest is free.

    What is forced has probability 1, so it adds nothing to the score; `log_prob` of a hypothesis counts it
    as the model does. Raises UsageError when there is no prefix for a sentence; one may be empty.

    >>> forced = ForcedPrefix(((2,), ()), prompt=1).for_rows(torch.tensor([0, 1]))
    >>> forced(torch.tensor([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]).log(), torch.tensor([[1], [1]])).exp()
    tensor([[0.0000, 0.0000, 1.0000],
            [0.5000, 0.2500, 0.2500]])
    """

    prefixes: Sequence[Sequence[int]]
    prompt: int = 1

    def for_rows(self, sentences: Tensor) -> Filter:
        """The filter of rows of `sentences` (R,)."""
        rows = sentences.tolist()
        if rows and max(rows) >= len(self.prefixes):
            raise UsageError(f"{len(self.prefixes)} prefix(es) do not reach to sentence {max(rows) + 1}")
        return _Forcing([self.prefixes[sentence] for sentence in rows], prompt=self.prompt)


@dataclass(frozen=True)
class _Forcing:
    """The same for rows: `prefixes` has one a row."""

    prefixes: Sequence[Sequence[int]]
    prompt: int

    def __call__(self, log_probs: Tensor, history: Tensor) -> Tensor:
        drawn = history.shape[1] - self.prompt
        forced = [(row, ids[drawn]) for row, ids in enumerate(self.prefixes) if drawn < len(ids)]
        if not forced:
            return log_probs
        rows, ids = torch.tensor(forced, device=log_probs.device).T
        changed = log_probs.clone()
        changed[rows] = -torch.inf
        changed[rows, ids] = 0
        return changed
