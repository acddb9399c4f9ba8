from __future__ import annotations

from collections import Counter

import pytest
import torch

from textkit.decode.filters import Forbid, TopK
from textkit.decode.sample import sample
from textkit.errors import InputError, UsageError


class Chain:
    """A Markov chain: the state is the last id; row i of `table` gives what follows i."""

    def __init__(self, table: list[list[float]]) -> None:
        self.table = torch.tensor(table).log()

    def start(self, rows: int) -> torch.Tensor:
        return torch.zeros(rows, dtype=torch.long)

    def step(self, ids: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.table[ids], ids

    def reorder(self, state: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return state[rows]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_frequencies_follow_the_model() -> None:
    chain = Chain([[0.1, 0.6, 0.3], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.25, 0.25]])
    drawn = sample(chain, [0], length=1, generator=generator(), rows=20_000)
    counts = Counter(row[0] for row in drawn)
    for i, p in enumerate([0.1, 0.6, 0.3]):
        assert counts[i] / 20_000 == pytest.approx(p, abs=0.015)


def test_a_certain_chain_is_followed_and_stops() -> None:
    cycle = Chain([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert sample(cycle, [2], length=5, generator=generator()) == [[0, 1, 2, 0, 1]]
    assert sample(cycle, [0], length=5, generator=generator(), stop=0, rows=2) == [[1, 2], [1, 2]]


def test_seeds_repeat() -> None:
    chain = Chain([[0.5, 0.5], [0.5, 0.5]])
    first = sample(chain, [0], length=40, generator=generator(1))
    assert first == sample(chain, [0], length=40, generator=generator(1))
    assert first != sample(chain, [0], length=40, generator=generator(2))


def test_top_one_is_greedy() -> None:
    chain = Chain([[0.2, 0.8], [0.6, 0.4]])
    assert sample(chain, [0], length=4, generator=generator(), filters=[TopK(1)]) == [[1, 0, 1, 0]]


def test_nothing_left_to_choose_is_an_error() -> None:
    with pytest.raises(InputError, match="no probability to any token"):
        sample(Chain([[1, 0], [1, 0]]), [0], length=1, generator=generator(), filters=[Forbid((0,))])
    with pytest.raises(UsageError, match="a prompt needs at least one id"):
        sample(Chain([[1, 0], [1, 0]]), [], length=1, generator=generator())
