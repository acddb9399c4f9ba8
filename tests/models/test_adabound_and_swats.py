"""AdaBound and SWATS against steps worked out here by plain arithmetic, number by number."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import nn
from torch.optim import Optimizer

from textkit.models.optimizers.adabound import AdaBound
from textkit.models.optimizers.adam import Adam
from textkit.models.optimizers.swats import SWATS

# Learning rate 0.1, betas (0.5, 0.75), final rate 0.05, gamma 0.5, no eps.
BOUNDED = {"lr": 0.1, "betas": (0.5, 0.75), "final_lr": 0.05, "gamma": 0.5, "eps": 0.0}


def weights(*values: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor(values, dtype=torch.float64))


def step(optimizer: Optimizer, parameter: nn.Parameter, *gradient: float) -> list[float]:
    parameter.grad = torch.tensor(gradient, dtype=torch.float64)
    optimizer.step()
    return parameter.tolist()  # type: ignore[no-any-return]


def test_adabound_by_hand() -> None:
    w = weights(0.0, 0.0)
    optimizer = AdaBound([w], **BOUNDED)
    # t = 1: m = (2, 0.1), v = (4, 0.01), a = 0.1 sqrt(0.25) / 0.5 = 0.1, Adam's rates (0.05, 1).
    # The bounds are 0.05 (1 - 1/1.5) = 0.016667 and 0.05 (1 + 1/0.5) = 0.15: rates (0.05, 0.15).
    assert step(optimizer, w, 4.0, 0.2) == pytest.approx([-0.1, -0.015], rel=1e-12)
    # t = 2: m = (1, 0.25), v = (3, 0.0475), a = 0.1 sqrt(0.4375) / 0.75 = 0.0881917,
    # Adam's rates (0.0509175, 0.404651), bounds 0.05 (1 - 1/2) = 0.025 and 0.05 (1 + 1) = 0.1.
    first = -0.1 - 0.1 * sqrt(0.4375) / 0.75 / sqrt(3)
    assert step(optimizer, w, 0.0, 0.4) == pytest.approx([first, -0.015 - 0.1 * 0.25], rel=1e-12)
    assert first == pytest.approx(-0.1509175, abs=1e-7)
    # t = 3: m = (20.5, 0.125), v = (402.25, 0.035625), a = 0.1 sqrt(0.578125) / 0.875 = 0.0868966,
    # Adam's rates (0.00433, 0.460), bounds 0.05 (1 - 1/2.5) = 0.03 and 0.05 (1 + 1/1.5) = 0.083333.
    third = step(optimizer, w, 40.0, 0.0)
    assert third == pytest.approx([first - 0.03 * 20.5, -0.04 - 0.05 * 5 / 3 * 0.125], rel=1e-12)
    assert third == pytest.approx([-0.7659175, -0.0504167], abs=1e-7)


def test_algorithm_2_of_adabound_to_the_letter_by_hand() -> None:
    w = weights(0.0, 0.0)
    optimizer = AdaBound([w], **BOUNDED, bias_correction=False, root_decay=True)
    # The same m, v and bounds; now a = 0.1 throughout, and rates are divided by sqrt(t).
    assert step(optimizer, w, 4.0, 0.2) == pytest.approx([-0.05 * 2, -0.15 * 0.1], rel=1e-12)
    second = [-0.1 - 0.1 / sqrt(3) / sqrt(2), -0.015 - 0.1 / sqrt(2) * 0.25]
    assert step(optimizer, w, 0.0, 0.4) == pytest.approx(second, rel=1e-12)
    third = [second[0] - 0.03 / sqrt(3) * 20.5, second[1] - 0.05 * 5 / 3 / sqrt(3) * 0.125]
    assert step(optimizer, w, 40.0, 0.0) == pytest.approx(third, rel=1e-12)


def test_amsbound_keeps_the_largest_square_by_hand() -> None:
    w = weights(0.0)
    optimizer = AdaBound([w], **BOUNDED | {"betas": (0.0, 0.0), "gamma": 0.01}, amsbound=True)
    # Betas of 0: m = g, v = g^2, a = 0.1. The bounds 0.05 (1 - 1/1.01) = 0.0005 and 5 do not touch.
    assert step(optimizer, w, 4.0) == pytest.approx([-0.1 / 4 * 4], rel=1e-12)
    assert step(optimizer, w, 1.0) == pytest.approx([-0.1 - 0.1 / 4 * 1], rel=1e-12)


def test_adabound_is_adam_within_wide_bounds_and_sgd_within_tight_ones() -> None:
    generator = torch.Generator().manual_seed(5)
    gradients = torch.randn(20, 3, dtype=torch.float64, generator=generator).tolist()
    bound, adam = weights(1.0, 2.0, 3.0), weights(1.0, 2.0, 3.0)
    bounded = AdaBound([bound], lr=0.01, final_lr=0.01, gamma=1e-9, eps=0.0)
    plain = Adam([adam], lr=0.01, eps=0.0)
    for gradient in gradients:
        # the lower bound is 1e-11, the upper one 1e7
        assert step(bounded, bound, *gradient) == pytest.approx(step(plain, adam, *gradient), rel=1e-12)
    tight, mean, expected = weights(0.0), 0.0, 0.0
    tightened = AdaBound([tight], lr=0.01, final_lr=0.05, gamma=1e12)
    for gradient in gradients:
        mean = 0.9 * mean + 0.1 * gradient[0]
        expected -= 0.05 * mean
        assert step(tightened, tight, gradient[0]) == pytest.approx([expected], rel=1e-9)


def test_the_final_rate_of_adabound_follows_a_schedule() -> None:
    w = weights(0.0)
    optimizer = AdaBound([w], lr=0.01, final_lr=0.05, gamma=1e12, betas=(0.0, 0.5))
    assert step(optimizer, w, 2.0) == pytest.approx([-0.1])
    optimizer.param_groups[0]["lr"] = 0.001
    assert step(optimizer, w, 2.0) == pytest.approx([-0.11])
    # A group with a rate of its own goes down from there.
    w = weights(0.0)
    optimizer = AdaBound([{"params": [w], "lr": 0.1}], lr=0.01, final_lr=0.05, gamma=1e12, betas=(0.0, 0.5))
    assert step(optimizer, w, 2.0) == pytest.approx([-0.1])


def test_swats_through_the_switch_by_hand() -> None:
    """Learning rate 0.1, both betas 0.5, eps 0, tolerance 0.02."""
    w = weights(0.0, 0.0)
    optimizer = SWATS([w], lr=0.1, betas=(0.5, 0.5), eps=0.0, tolerance=0.02)
    # k = 1: m / 0.5 = g and v / 0.5 = g^2, so p = (-0.1, -0.1); c = 0.02 / 0.7 = 1/35, l = 1/70.
    assert step(optimizer, w, 3.0, 4.0) == pytest.approx([-0.1, -0.1], rel=1e-12)
    assert optimizer.rates == [None]
    assert optimizer.param_groups[0]["mean"] == pytest.approx(1 / 70, rel=1e-12)
    # k = 2: m = (0.75 + 0.5, 1 - 1) = (1.25, 0), v = (2.25 + 0.5, 4 + 2) = (2.75, 6), 1 - 0.5^2 = 0.75.
    p = -0.1 * (1.25 / 0.75) / sqrt(2.75 / 0.75)  # -0.0870388; the second is 0
    c = p * p / (-p * 1.0)  # 0.0870388
    rate = (0.5 * (1 / 70) + 0.5 * c) / 0.75  # 0.0675497; from c it is 0.0194892, less than 0.02
    assert step(optimizer, w, 1.0, -2.0) == pytest.approx([-0.1 + p, -0.1], rel=1e-12)
    assert rate == pytest.approx(0.0675497, abs=1e-7)
    assert c - rate == pytest.approx(0.0194892, abs=1e-7)
    assert optimizer.rates == [pytest.approx(rate, rel=1e-12)]
    # k = 3, SGD: u = (2, 4); k = 4: u = (1 + 1, 2 + 1) = (2, 3); steps (1 - 0.5) rate u.
    third = [-0.1 + p - 0.5 * rate * 2, -0.1 - 0.5 * rate * 4]
    assert step(optimizer, w, 2.0, 4.0) == pytest.approx(third, rel=1e-12)
    fourth = [third[0] - 0.5 * rate * 2, third[1] - 0.5 * rate * 3]
    assert step(optimizer, w, 1.0, 1.0) == pytest.approx(fourth, rel=1e-12)
    assert fourth == pytest.approx([-0.3221382, -0.3364240], abs=1e-7)
    assert list(optimizer.state[w]) == ["u"]  # Adam's means are gone
    # A schedule halves the rate: u = (1 + 0, 1.5 + 0).
    optimizer.param_groups[0]["lr"] = 0.05
    fifth = [fourth[0] - 0.25 * rate * 1, fourth[1] - 0.25 * rate * 1.5]
    assert step(optimizer, w, 0.0, 0.0) == pytest.approx(fifth, rel=1e-12)


def test_swats_does_not_switch_outside_the_tolerance_and_is_adam_until_it_does() -> None:
    mine, theirs = weights(0.0, 0.0), weights(0.0, 0.0)
    settings = {"lr": 0.1, "betas": (0.5, 0.5), "eps": 0.0}
    swats, adam = SWATS([mine], **settings, tolerance=0.0194), Adam([theirs], **settings)
    for gradient in ((3.0, 4.0), (1.0, -2.0)):
        assert step(swats, mine, *gradient) == pytest.approx(step(adam, theirs, *gradient), rel=1e-12)
    assert swats.rates == [None]


def test_swats_leaves_the_mean_where_the_gradient_is_0() -> None:
    w = weights(0.0)
    optimizer = SWATS([w], lr=0.1, betas=(0.5, 0.5), eps=0.0, tolerance=0.0)
    step(optimizer, w, 1.0)  # p = -0.1, c = 0.1, l = 0.05
    step(optimizer, w, 0.0)  # p.g = 0
    assert optimizer.param_groups[0]["mean"] == pytest.approx(0.05, rel=1e-12)
    # k = 3: m = 0.125 + 0.5, v = 0.125 + 0.5, each over 0.875; c = -p; l = (0.05 + c) / 2.
    c = 0.1 * (0.625 / 0.875) / sqrt(0.625 / 0.875)
    step(optimizer, w, 1.0)
    assert optimizer.param_groups[0]["mean"] == pytest.approx((0.05 + c) / 2, rel=1e-12)


def test_swats_never_switches_to_a_rate_below_0() -> None:
    w = weights(0.0)
    optimizer = SWATS([w], lr=0.1, betas=(0.9, 0.0), eps=0.0, tolerance=1e9)
    step(optimizer, w, 1.0)
    # m stays positive against a small negative gradient, so Adam goes uphill: c < 0, and with a beta2 of 0
    # it is its own mean.
    step(optimizer, w, -0.1)
    assert optimizer.param_groups[0]["mean"] < 0
    assert optimizer.rates == [None]
    step(optimizer, w, 1.0)
    assert optimizer.rates[0] is not None


def test_the_weights_of_a_group_are_one_vector_however_they_are_cut() -> None:
    whole, parts = weights(0.0, 0.0), [weights(0.0), weights(0.0)]
    settings = {"lr": 0.1, "betas": (0.5, 0.5), "eps": 0.0, "tolerance": 0.02}
    one, two = SWATS([whole], **settings), SWATS(parts, **settings)
    for gradient in ((3.0, 4.0), (1.0, -2.0), (2.0, 4.0), (1.0, 1.0)):
        for part, value in zip(parts, gradient, strict=True):
            part.grad = torch.tensor([value], dtype=torch.float64)
        two.step()
        assert step(one, whole, *gradient) == pytest.approx([part.item() for part in parts], rel=1e-12)
        assert one.rates == two.rates == [None] or one.rates[0] == pytest.approx(two.rates[0], rel=1e-12)
    assert one.rates[0] is not None


def test_groups_switch_each_by_themselves() -> None:
    steady, wild = weights(0.0), weights(0.0)
    optimizer = SWATS([{"params": [steady]}, {"params": [wild]}], lr=0.1, tolerance=1e-6)
    for gradient in (1.0, 5.0):
        steady.grad, wild.grad = torch.ones_like(steady), torch.full_like(wild, gradient)
        optimizer.step()
    assert optimizer.rates == [pytest.approx(0.1), None]
