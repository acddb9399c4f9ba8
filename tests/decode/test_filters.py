from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.decode.filters import (
    NO_HISTORY,
    Forbid,
    MinimumLength,
    NoRepeatNgrams,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
)
from textkit.errors import UsageError

rows = st.lists(st.floats(-20, 5), min_size=2, max_size=9).map(
    lambda scores: torch.log_softmax(torch.tensor([scores]), -1)
)


@given(
    rows,
    st.sampled_from(
        [
            Temperature(0.3),
            Temperature(2.0),
            TopK(1),
            TopK(3),
            TopP(0.5),
            TopP(1.0),
            Forbid((0,)),
            RepetitionPenalty(1.3),
            RepetitionPenalty(0.5, spared=(1,)),
            NoRepeatNgrams(2),
            MinimumLength(3, end=0, prompt=1),
        ]
    ),
)
def test_filters_keep_distributions(log_probs: torch.Tensor, reshape) -> None:
    before = log_probs.clone()
    result = reshape(log_probs, torch.tensor([[1, 0, 1]]))
    assert torch.equal(log_probs, before)
    assert result.exp().sum().item() == pytest.approx(1, abs=1e-5)


@settings(deadline=None)  # the first call of a kind takes torch long
@given(rows, st.integers(1, 9))
def test_top_k_keeps_the_k_best_and_their_ratios(log_probs: torch.Tensor, k: int) -> None:
    kept = TopK(k)(log_probs, NO_HISTORY).isfinite()[0]
    assert kept.sum() == min(k, log_probs.shape[1])
    if not kept.all():
        assert log_probs[0][kept].min() >= log_probs[0][~kept].max()
    difference = (TopK(k)(log_probs, NO_HISTORY) - log_probs)[0][kept]
    torch.testing.assert_close(difference, difference[:1].expand_as(difference), atol=1e-4, rtol=1e-4)


tied = st.lists(st.lists(st.sampled_from([-math.inf, -2.0, -1.0, 0.0]), min_size=5, max_size=5), min_size=1)


@settings(deadline=None)
@given(tied, st.integers(1, 7))
def test_top_k_prefers_the_lower_of_equal_ids(scores: list[list[float]], k: int) -> None:
    kept = TopK(k)(torch.tensor(scores), NO_HISTORY).isfinite().tolist()
    for row, of_row in zip(scores, kept, strict=True):
        best = sorted(range(5), key=lambda i: (-row[i], i))[:k]
        if max(row) > -math.inf:
            assert [i for i in range(5) if of_row[i]] == sorted(i for i in best if row[i] > -math.inf)


@given(rows, st.floats(0.05, 1.0))
def test_top_p_keeps_the_smallest_set_that_reaches_p(log_probs: torch.Tensor, p: float) -> None:
    probs = log_probs.exp()[0].double().sort(descending=True).values
    kept = int(TopP(p)(log_probs, NO_HISTORY).isfinite().sum())
    assert probs[:kept].sum() >= p - 1e-5
    assert kept == 1 or probs[: kept - 1].sum() < p + 1e-5


def test_temperature_is_the_closed_form() -> None:
    log_probs = torch.tensor([[0.7, 0.2, 0.1]]).log()
    powered = torch.tensor([[0.7, 0.2, 0.1]]) ** (1 / 0.5)
    torch.testing.assert_close(Temperature(0.5)(log_probs, NO_HISTORY).exp(), powered / powered.sum())
    torch.testing.assert_close(Temperature(1.0)(log_probs, NO_HISTORY), log_probs)


def test_forbidden_ids_have_no_probability() -> None:
    even = torch.zeros(1, 4).log_softmax(-1)
    assert Forbid((1, 2))(even, NO_HISTORY).exp().tolist() == [[0.5, 0, 0, 0.5]]


def test_cold_temperatures_neither_overflow_nor_divide_by_zero() -> None:
    log_probs = torch.tensor([[0.7, 0.2, 0.1], [0.2, 0.4, 0.4]]).log()
    for value in (1e-300, 1e-40, 1e-5):
        expected = [[1, 0, 0], [0, 0.5, 0.5]]
        assert Temperature(value)(log_probs, NO_HISTORY).exp().tolist() == expected
    hot = Temperature(1e300)(log_probs, NO_HISTORY).exp()
    torch.testing.assert_close(hot, torch.full((2, 3), 1 / 3))


@pytest.mark.parametrize("p", [0.01, 0.5, 0.9, 0.999, 1.0])
def test_top_p_over_large_vocabularies(p: float) -> None:
    """More ids than it looks at first, rows that need different numbers, and equals at the border."""
    generator = torch.Generator().manual_seed(3)
    scores = torch.randn(4, 3000, generator=generator) * torch.tensor([[0.0], [1.0], [4.0], [0.01]])
    log_probs = scores.round(decimals=1).log_softmax(-1)
    result = TopP(p)(log_probs, NO_HISTORY)
    for row, kept in zip(log_probs.double().exp(), result.isfinite(), strict=True):
        order = sorted(range(3000), key=lambda i: (-row[i].item(), i))
        count = int(kept.sum())
        assert set(kept.nonzero()[:, 0].tolist()) == set(order[:count])
        assert row[order[:count]].sum() >= p - 1e-4
        assert count == 1 or row[order[: count - 1]].sum() < p + 1e-4
    torch.testing.assert_close(result.exp().sum(-1), torch.ones(4))


def test_the_repetition_penalty_is_a_power() -> None:
    probs = torch.tensor([[0.4, 0.3, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1]])
    history = torch.tensor([[0, 2, 2], [3, 1, 1]])
    result = RepetitionPenalty(1.5, spared=(1,))(probs.log(), history).exp()
    expected = torch.tensor([[0.4**1.5, 0.3, 0.2**1.5, 0.1], [0.4, 0.3, 0.2, 0.1**1.5]])
    torch.testing.assert_close(result, expected / expected.sum(-1, keepdim=True))


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 4))
def test_no_ngram_is_completed_again(history: list[int], n: int) -> None:
    seen = {tuple(history[i : i + n]) for i in range(len(history) - n + 1)}
    log_probs = torch.tensor([[0.1, 0.2, 0.3, 0.4]]).log()
    result = NoRepeatNgrams(n)(log_probs, torch.tensor([history], dtype=torch.long))[0]
    begun = history[len(history) - n + 1 :]
    banned = [i for i in range(4) if len(begun) == n - 1 and (*begun, i) in seen]
    if len(banned) < 4:
        assert [i for i in range(4) if result[i] == -math.inf] == banned
    else:
        assert result.isnan().all()  # sampling and beam search say that nothing is left
    spared = NoRepeatNgrams(n, spared=(3,))(log_probs, torch.tensor([history], dtype=torch.long))[0]
    assert [i for i in range(4) if spared[i] == -math.inf] == [i for i in banned if i != 3]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Temperature(0),
        lambda: Temperature(math.inf),
        lambda: TopK(0),
        lambda: TopP(0),
        lambda: TopP(1.1),
        lambda: RepetitionPenalty(0),
        lambda: RepetitionPenalty(math.nan),
        lambda: NoRepeatNgrams(0),
    ],
)
def test_bad_values_are_refused(make) -> None:
    with pytest.raises(UsageError, match=r"(temperature|top-k|top-p|penalty|n-grams not to repeat) must"):
        make()


def test_forbidding_what_was_nearly_certain_keeps_the_ratios_of_the_rest() -> None:
    scores = torch.tensor([[30.0, 1.0, 0.0, -2.0], [0.0, 1.0, 0.0, -2.0]])
    left = Forbid((0, 0))(torch.log_softmax(scores, -1), NO_HISTORY)
    expected = torch.log_softmax(scores[:, 1:], -1)
    torch.testing.assert_close(left[:, 1:], expected, atol=3e-6, rtol=0)
    assert (left[:, 0] == -math.inf).all()
