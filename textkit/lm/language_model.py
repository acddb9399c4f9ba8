"""The one contract of every language model, so that scoring and generating need not know which it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.models.step_model import StepModel
from textkit.text.vocab import UNKNOWN, Vocab

State = TypeVar("State")

END = "</s>"
SPECIALS = (UNKNOWN, END)  # ids 0 and 1 in every language model's vocabulary


class LanguageModel(StepModel[State], Protocol[State]):
    """A distribution over exactly the ids of `vocab`, whose specials are `<unk>` (0) and `</s>` (1).

    `</s>` ends every line and is predicted; as an input it stands for the beginning of the next line.
    Natural logarithms throughout.
    """

    @property
    def vocab(self) -> Vocab:
        """The ids this model speaks of."""
        ...

    def log_probs(self, corpus: EncodedCorpus) -> npt.NDArray[np.float64]:
        """The natural log probability of every token of `corpus`, line ends included, (N,)."""
        ...


def language_model_vocab(
    counts: Mapping[str, int], *, min_count: int = 1, max_size: int | None = None, always: Iterable[str] = ()
) -> Vocab:
    """The vocabulary of counted tokens, with the specials a language model needs.

    >>> language_model_vocab({"a": 1, "b": 2}).tokens
    ('<unk>', '</s>', 'b', 'a')
    """
    return Vocab.from_counts(counts, min_count=min_count, max_size=max_size, specials=SPECIALS, always=always)
