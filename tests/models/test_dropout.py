"""Dropout: what share is dropped, what is scaled, what hangs together, and that evaluation has none."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.dropout import Dropouts, InvertedDropout, drop_connect, embedding_dropout, locked_dropout


def test_locked_dropout_drops_the_same_units_at_every_step() -> None:
    torch.manual_seed(0)
    features = torch.rand(6, 40, 50) + 1
    dropped = locked_dropout(features, 0.3, True)
    mask = dropped / features
    assert torch.equal(mask == 0, (mask[:1] == 0).expand_as(mask))
    torch.testing.assert_close(mask[mask != 0], torch.full_like(mask[mask != 0], 1 / 0.7))
    assert (mask == 0).float().mean() == pytest.approx(0.3, abs=0.05)
    assert not torch.equal(mask[0, 0], mask[0, 1])  # another mask for every row
    assert not torch.equal(dropped, locked_dropout(features, 0.3, True))  # and for every window


def test_embedding_dropout_equals_dropping_rows_of_the_matrix() -> None:
    weight, ids = torch.randn(500, 4, requires_grad=True), torch.randint(0, 500, (30, 40))
    torch.manual_seed(1)
    dropped = embedding_dropout(functional.embedding(ids, weight), ids, vocab_size=500, p=0.4, training=True)
    torch.manual_seed(1)
    mask = functional.dropout(torch.ones(500, 1), 0.4)
    expected = functional.embedding(ids, weight * mask)
    torch.testing.assert_close(dropped, expected)
    (ours,) = torch.autograd.grad(dropped.pow(2).sum(), weight)
    (wanted,) = torch.autograd.grad(expected.pow(2).sum(), weight)
    torch.testing.assert_close(ours, wanted, atol=1e-5, rtol=1e-5)
    assert (mask == 0).float().mean() == pytest.approx(0.4, abs=0.1)


def test_drop_connect_drops_single_entries_and_scales_the_rest() -> None:
    torch.manual_seed(2)
    weight = torch.ones(100, 100, requires_grad=True)
    dropped = drop_connect(weight, 0.25, True)
    assert sorted(dropped.unique().tolist()) == pytest.approx([0, 4 / 3])
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.03)
    (gradient,) = torch.autograd.grad(dropped.sum(), weight)
    assert torch.equal(gradient, dropped)  # the mask itself: zero where dropped
    assert weight.detach().eq(1).all()


def test_nothing_is_dropped_or_drawn_outside_training_or_at_share_zero() -> None:
    features, ids = torch.randn(3, 4, 5), torch.randint(0, 9, (3, 4))
    before = torch.get_rng_state()
    for p, training in ((0.5, False), (0.0, True)):
        assert torch.equal(locked_dropout(features, p, training), features)
        assert torch.equal(drop_connect(features, p, training), features)
        kept = embedding_dropout(features, ids, vocab_size=9, p=p, training=training)
        assert torch.equal(kept, features)
    assert torch.equal(torch.get_rng_state(), before)


def test_shares_are_checked_by_name() -> None:
    assert Dropouts.everywhere(0.2) == Dropouts(input=0.2, hidden=0.2, output=0.2)
    for name in ("input", "hidden", "output", "embedding", "weight"):
        for share in (1.0, -0.1, float("nan")):
            with pytest.raises(UsageError, match=f"dropout: {name} must lie in \\[0, 1\\), not {share}"):
                Dropouts(**{name: share})


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_inverted_dropout_is_torchs_with_the_same_mask(p: float) -> None:
    x = torch.randn(30, 20, requires_grad=True)
    made = []
    for module in (InvertedDropout(p), nn.Dropout(p)):
        torch.manual_seed(3)
        dropped = module(x)
        made.append((dropped, torch.autograd.grad(dropped.pow(2).sum(), x)[0]))
        assert torch.equal(module.eval()(x), x)
    torch.testing.assert_close(*made, atol=0, rtol=1e-6)


def test_inverted_dropout_keeps_the_expectation_and_adds_the_variance_it_says() -> None:
    torch.manual_seed(4)
    x = torch.tensor([1.0, -2.0, 3.0])
    drawn = InvertedDropout(0.25)(x.expand(200_000, 3))
    torch.testing.assert_close(drawn.mean(0), x, atol=0.02, rtol=0)
    torch.testing.assert_close(drawn.var(0), x**2 * 0.25 / 0.75, atol=0, rtol=0.02)


@pytest.mark.parametrize("p", [1.0, -0.1, float("nan")])
def test_inverted_dropout_refuses_other_shares(p: float) -> None:
    with pytest.raises(UsageError, match=f"dropout must lie in \\[0, 1\\), not {p}"):
        InvertedDropout(p)
