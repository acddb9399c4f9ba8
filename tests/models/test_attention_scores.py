"""Attention scores against their formulas written out in numpy, and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from textkit.errors import UsageError
from textkit.models.translators.attention_scores import AttentionScore, Score, make_score, masked_softmax

NAMES: list[Score] = ["additive", "dot", "scaled-dot", "general"]
MASK = torch.tensor([[True, True, True, True], [True, False, True, False]])


def formula(score: AttentionScore, name: Score, query: np.ndarray, key: np.ndarray) -> float:
    """One score, by the books."""
    weights = {name: value.detach().numpy() for name, value in score.named_parameters()}
    if name == "additive":
        met = weights["queries.weight"] @ query + weights["keys.weight"] @ key + weights["keys.bias"]
        return float(weights["weight"] @ np.tanh(met))
    if name == "general":
        return float(query @ (weights["keys.weight"] @ key))
    return float(query @ key / (np.sqrt(len(key)) if name == "scaled-dot" else 1))


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_the_softmax_of_the_formulas_over_what_is_real(name: Score) -> None:
    torch.manual_seed(0)
    wide = 5 if name in ("additive", "general") else 3
    score, queries, keys = make_score(name, 3, keys=wide), torch.randn(2, 3, 3), torch.randn(2, 4, wide)
    weights = score(queries, keys, MASK).detach().numpy()
    for b in range(2):
        for t in range(3):
            scores = [formula(score, name, queries[b, t].numpy(), key.numpy()) for key in keys[b]]
            wanted = np.where(MASK[b], np.exp(scores), 0)
            np.testing.assert_allclose(weights[b, t], wanted / wanted.sum(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_agree_with_finite_differences(name: Score) -> None:
    torch.manual_seed(1)
    score = make_score(name, 3, keys=3).double()
    queries = torch.randn(2, 2, 3, dtype=torch.double, requires_grad=True)
    keys = torch.randn(2, 4, 3, dtype=torch.double, requires_grad=True)
    wanted = [queries, keys, *score.parameters()]
    assert torch.autograd.gradcheck(lambda *_: score(queries, keys, MASK), wanted)


@pytest.mark.parametrize("name", NAMES)
def test_masked_keys_change_nothing_and_get_no_gradient(name: Score) -> None:
    torch.manual_seed(2)
    score, queries, keys = make_score(name, 4, keys=4), torch.randn(2, 3, 4), torch.randn(2, 4, 4)
    keys.requires_grad_()
    weights = score(queries, keys, MASK)
    assert torch.equal(weights == 0, ~MASK[:, None].expand(2, 3, 4))
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(2, 3))
    (weights * torch.randn(2, 3, 4)).sum().backward()
    assert keys.grad is not None
    assert not keys.grad[~MASK].any()
    assert keys.grad[MASK].all()
    with torch.no_grad():
        noisy = keys.masked_fill(~MASK[..., None], 100.0)
        assert torch.equal(score(queries, noisy, MASK), weights)
        alone = score(queries[1:], keys[1:][:, MASK[1]])
        torch.testing.assert_close(weights[1:][:, :, MASK[1]], alone)


@pytest.mark.parametrize("name", NAMES)
def test_queries_do_not_know_of_each_other(name: Score) -> None:
    torch.manual_seed(3)
    score, queries, keys = make_score(name, 4, keys=4), torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    together = score(queries, keys)
    one_by_one = torch.cat([score(queries[:, t : t + 1], keys) for t in range(3)], dim=1)
    torch.testing.assert_close(together, one_by_one)


def test_the_scaled_dot_product_is_the_one_in_torch() -> None:
    torch.manual_seed(4)
    queries, keys, values = torch.randn(2, 3, 8), torch.randn(2, 4, 8), torch.randn(2, 4, 8)
    weights = make_score("scaled-dot", 8, keys=8)(queries, keys, MASK)
    wanted = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=MASK[:, None])
    torch.testing.assert_close(weights @ values, wanted)


def test_a_mask_may_differ_by_query_and_nothing_to_look_at_gives_zeros() -> None:
    mask = torch.tensor([[[True, False, True], [False, False, False]]])
    scores = torch.randn(1, 2, 3, requires_grad=True)
    weights = masked_softmax(scores, mask)
    assert weights[0, 0].sum().item() == pytest.approx(1)
    assert not weights[0, 0, 1]
    assert not weights[0, 1].any()
    weights.square().sum().backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(
        UsageError, match="a dot product needs queries as wide as keys, not 3 and 6: take the"
    ):
        make_score("dot", 3, keys=6)
    with pytest.raises(UsageError, match=r"unknown attention score 'aditive'.*additive"):
        make_score("aditive", 3, keys=3)  # type: ignore[arg-type]
