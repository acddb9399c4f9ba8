"""Beam search against looking at everything, greedy choice, and what its results must be."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.decode.beam import beam_search
from textkit.decode.filters import Forbid, NoRepeatNgrams
from textkit.decode.hypothesis import Hypothesis, length_penalty_of
from textkit.errors import InputError, UsageError


class Trigram:
    """A random model of the last two ids; the state (R, 2) is both. `calls` counts steps."""

    def __init__(self, vocab_size: int, seed: int, *, spread: float = 1.5, levels: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        scores = torch.randn(vocab_size, vocab_size, vocab_size, generator=generator) * spread
        if levels:  # few different values, so that many are equal
            scores = (scores * levels / 4).round() * 4 / levels
        self.table = scores.log_softmax(-1)
        self.calls = 0

    def start(self, rows: int) -> torch.Tensor:
        return torch.zeros(rows, 2, dtype=torch.long)

    def step(self, ids: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.calls += 1
        after = torch.stack([state[:, 1], ids], dim=1)
        return self.table[after[:, 0], after[:, 1]], after

    def reorder(self, state: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return state[rows]


def log_prob(model: Trigram, prompt: list[int], ids: tuple[int, ...]) -> float:
    """The sum over `ids` after `prompt`, id by id."""
    history, total = [0, 0, *prompt], 0.0
    for i in ids:
        total += model.table[history[-2], history[-1], i].item()
        history.append(i)
    return total


def everything(
    model: Trigram, prompt: list[int], *, length: int, stop: int | None, alpha: float
) -> list[tuple[float, tuple[int, ...]]]:
    """Every possible continuation with its score, the best first."""
    vocab_size, found = len(model.table), []
    for size in range(1, length + 1):
        for ids in itertools.product(range(vocab_size), repeat=size):
            if stop in ids[:-1] or (size < length and ids[-1] != stop):
                continue
            score = log_prob(model, prompt, ids) / length_penalty_of(size, alpha)
            found.append((score, ids[:-1] if ids[-1] == stop else ids))
    return sorted(found, reverse=True)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10**6),
    st.integers(2, 4),
    st.integers(1, 4),
    st.sampled_from([None, 0, 1]),
    st.sampled_from([0.0, 0.6, 2.0]),
)
def test_a_beam_as_wide_as_the_space_finds_everything(
    seed: int, vocab_size: int, length: int, stop: int | None, alpha: float
) -> None:
    model, prompt = Trigram(vocab_size, seed), [1, 0]
    expected = everything(model, prompt, length=length, stop=stop, alpha=alpha)
    count = min(5, len(expected))
    found = beam_search(
        model,
        prompt,
        width=vocab_size**length,
        length=length,
        stop=stop,
        length_penalty=alpha,
        n_best=count,
    )
    assert [each.score for each in found] == pytest.approx([s for s, _ in expected[:count]], abs=1e-5)
    assert {each.ids for each in found} <= {ids for s, ids in expected if s > expected[count - 1][0] - 1e-5}
    for each in found:
        drawn = (*each.ids, stop) if each.finished else each.ids
        assert each.log_prob == pytest.approx(log_prob(model, prompt, drawn), abs=1e-5)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([None, 2]), st.sampled_from([0, 2]))
def test_width_one_is_greedy(seed: int, stop: int | None, levels: int) -> None:
    model = Trigram(5, seed, levels=levels)
    greedy: list[int] = []
    history = [0, 0, 3]
    for _ in range(6):
        row = model.table[history[-2], history[-1]].tolist()
        best = row.index(max(row))  # the lower of equal ones
        history.append(best)
        if best == stop:
            break
        greedy.append(best)
    found = beam_search(model, [3], width=1, length=6, stop=stop)
    assert found[0].ids == tuple(greedy)
    assert found[0].finished == (history[-1] == stop)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from([0.0, 1.0]))
def test_results_are_consistent_and_repeat(seed: int, width: int, alpha: float) -> None:
    model = Trigram(6, seed, levels=3)
    settings = {"width": width, "length": 7, "stop": 1, "length_penalty": alpha, "n_best": width}
    found = beam_search(model, [2], **settings)
    assert found == beam_search(model, [2], **settings)
    assert len({(each.ids, each.finished) for each in found}) == len(found)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    for each in found:
        assert 1 not in each.ids
        assert each.finished or len(each.ids) == 7
        drawn = (*each.ids, 1) if each.finished else each.ids
        assert each.log_prob == pytest.approx(log_prob(model, [2], drawn), abs=1e-5)
        assert each.score == pytest.approx(each.log_prob / length_penalty_of(len(drawn), alpha), abs=1e-5)


def test_of_equals_the_lower_ids_come_first() -> None:
    even = Trigram(4, 0, spread=0.0)
    found = beam_search(even, [0], width=3, length=2, n_best=3)
    assert [each.ids for each in found] == [(0, 0), (0, 1), (0, 2)]


def test_a_step_is_one_call_and_the_search_ends_when_decided() -> None:
    model = Trigram(4, 1)
    model.table[:] = torch.tensor([0.9, 0.05, 0.03, 0.02]).log()
    found = beam_search(model, [1], width=3, length=50, stop=0)
    assert found == [Hypothesis((), pytest.approx(math.log(0.9)), pytest.approx(math.log(0.9)), True)]
    assert model.calls == 1  # the prompt's
    beam_search(model, [1], width=3, length=10)
    assert model.calls == 1 + 10


def test_filters_shape_the_search_and_the_model_gives_the_probability() -> None:
    model = Trigram(5, 8)
    filters = [Forbid((4,)), NoRepeatNgrams(2)]
    found = beam_search(model, [3], width=8, length=6, filters=filters, n_best=8)
    for each in found:
        ids = (3, *each.ids)
        assert 4 not in ids
        assert len(set(itertools.pairwise(ids))) == 6
        assert each.log_prob == pytest.approx(log_prob(model, [3], each.ids), abs=1e-5)
        assert each.score > each.log_prob  # what is left is renormalised


def test_impossible_ids_are_never_taken() -> None:
    model = Trigram(3, 1)
    model.table[:] = torch.tensor([0.5, 0.5, 0.0]).log()
    found = beam_search(model, [1], width=9, length=2, n_best=9)
    assert sorted(each.ids for each in found) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    model.table[:, 0] = -torch.inf  # after 0 nothing follows: the hypotheses that end with it come to nothing
    found = beam_search(model, [1], width=3, length=3, n_best=3)
    assert [each.ids for each in found] == [(1, 1, 0), (1, 1, 1)]
    with pytest.raises(InputError, match="no probability to any token allowed here"):
        beam_search(model, [1], width=2, length=3, filters=[NoRepeatNgrams(1)])


def test_wrong_requests() -> None:
    model = Trigram(3, 1)
    with pytest.raises(InputError, match="no probability to any token allowed here"):
        beam_search(model, [1], width=2, length=2, filters=[Forbid((0, 1, 2))])
    with pytest.raises(
        UsageError, match=r"a beam needs a width and a length of at least 1 .*, not 2, 3 and 4"
    ):
        beam_search(model, [1], width=2, length=3, n_best=4)
    with pytest.raises(UsageError, match="the length penalty must be 0 or a positive number, not -1"):
        beam_search(model, [1], width=2, length=3, length_penalty=-1)
    with pytest.raises(UsageError, match="a prompt needs at least one id"):
        beam_search(model, [], width=2, length=3)
