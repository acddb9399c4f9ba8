from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textkit.decode.filters import Forbid, Temperature, TopK, TopP
from textkit.errors import UsageError

rows = st.lists(st.floats(-20, 5), min_size=2, max_size=9).map(
    lambda scores: torch.log_softmax(torch.tensor([scores]), -1)
)


@given(
    rows,
    st.sampled_from(
        [Temperature(0.3), Temperature(2.0), TopK(1), TopK(3), TopP(0.5), TopP(1.0), Forbid((0,))]
    ),
)
def test_filters_keep_distributions(log_probs: torch.Tensor, reshape) -> None:
    result = reshape(log_probs)
    assert result.exp().sum().item() == pytest.approx(1, abs=1e-5)


@settings(deadline=None)  # the first call of a kind takes torch long
@given(rows, st.integers(1, 9))
def test_top_k_keeps_the_k_best_and_their_ratios(log_probs: torch.Tensor, k: int) -> None:
    kept = TopK(k)(log_probs).isfinite()[0]
    assert kept.sum() == min(k, log_probs.shape[1])
    if not kept.all():
        assert log_probs[0][kept].min() >= log_probs[0][~kept].max()
    difference = (TopK(k)(log_probs) - log_probs)[0][kept]
    torch.testing.assert_close(difference, difference[:1].expand_as(difference), atol=1e-4, rtol=1e-4)


tied = st.lists(st.lists(st.sampled_from([-math.inf, -2.0, -1.0, 0.0]), min_size=5, max_size=5), min_size=1)


@settings(deadline=None)
@given(tied, st.integers(1, 7))
def test_top_k_prefers_the_lower_of_equal_ids(scores: list[list[float]], k: int) -> None:
    kept = TopK(k)(torch.tensor(scores)).isfinite().tolist()
    for row, of_row in zip(scores, kept, strict=True):
        best = sorted(range(5), key=lambda i: (-row[i], i))[:k]
        if max(row) > -math.inf:
            assert [i for i in range(5) if of_row[i]] == sorted(i for i in best if row[i] > -math.inf)


@given(rows, st.floats(0.05, 1.0))
def test_top_p_keeps_the_smallest_set_that_reaches_p(log_probs: torch.Tensor, p: float) -> None:
    probs = log_probs.exp()[0].double().sort(descending=True).values
    kept = int(TopP(p)(log_probs).isfinite().sum())
    assert probs[:kept].sum() >= p - 1e-5
    assert kept == 1 or probs[: kept - 1].sum() < p + 1e-5


def test_temperature_is_the_closed_form() -> None:
    log_probs = torch.tensor([[0.7, 0.2, 0.1]]).log()
    powered = torch.tensor([[0.7, 0.2, 0.1]]) ** (1 / 0.5)
    torch.testing.assert_close(Temperature(0.5)(log_probs).exp(), powered / powered.sum())
    torch.testing.assert_close(Temperature(1.0)(log_probs), log_probs)


def test_forbidden_ids_have_no_probability() -> None:
    assert Forbid((1, 2))(torch.zeros(1, 4).log_softmax(-1)).exp().tolist() == [[0.5, 0, 0, 0.5]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Temperature(0),
        lambda: Temperature(math.inf),
        lambda: TopK(0),
        lambda: TopP(0),
        lambda: TopP(1.1),
    ],
)
def test_bad_values_are_refused(make) -> None:
    with pytest.raises(UsageError, match=r"(temperature|top-k|top-p) must"):
        make()
