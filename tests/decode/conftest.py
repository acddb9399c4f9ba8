"""A step model of several sentences for the tests of searches: tables, checked like a network."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch


class TableState(NamedTuple):
    """For R rows the sentence, and the last two ids (R, 2)."""

    sentences: torch.Tensor
    last: torch.Tensor


class Translations:
    """A random model of the last two ids and of the sentence, that looks at `source` steps.

    It wants what networks want: the rows of a sentence stand together, as many for each. `asked` lists the
    rows of each step.
    """

    def __init__(
        self, sentences: int, vocab_size: int, seed: int, *, levels: int = 0, source: int = 3
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        scores = torch.randn(sentences, vocab_size, vocab_size, vocab_size, generator=generator) * 1.5
        if levels:  # few different values, so that many are equal
            scores = (scores * levels / 4).round() * 4 / levels
        self.table = scores.log_softmax(-1)
        looks = torch.randn(sentences, vocab_size, vocab_size, source, generator=generator) * 2
        self.looks = looks.softmax(-1)
        self.asked: list[int] = []

    def alone(self, sentence: int) -> Translations:
        """The model of one of the sentences."""
        other = Translations.__new__(Translations)
        other.table = self.table[sentence : sentence + 1]
        other.looks = self.looks[sentence : sentence + 1]
        other.asked = []
        return other

    def start(self, rows: int) -> TableState:
        count = len(self.table)
        assert rows % count == 0
        return TableState(
            torch.arange(count).repeat_interleave(rows // count), torch.zeros(rows, 2, dtype=torch.long)
        )

    def step(self, ids: torch.Tensor, state: TableState) -> tuple[torch.Tensor, TableState]:
        self.asked.append(len(ids))
        after = TableState(state.sentences, torch.stack([state.last[:, 1], ids], dim=1))
        return self.table[after.sentences, after.last[:, 0], after.last[:, 1]], after

    def reorder(self, state: TableState, rows: torch.Tensor) -> TableState:
        sentences = state.sentences[rows]
        _, counts = sentences.unique_consecutive(return_counts=True)
        assert len(counts) == len(sentences.unique())
        assert (counts == counts[0]).all()
        return TableState(sentences, state.last[rows])

    def attention(self, state: TableState) -> torch.Tensor:
        return self.looks[state.sentences, state.last[:, 0], state.last[:, 1]]


@pytest.fixture(scope="session")
def translations() -> type[Translations]:
    return Translations
