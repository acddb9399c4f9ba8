"""Schedules against tables, and against torch's schedulers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch.optim import lr_scheduler

from textkit.errors import UsageError
from textkit.models.schedules import (
    SCHEDULES,
    cosine,
    cosine_restarts,
    exp_range,
    inverse_root,
    linear,
    make_schedule,
    one_cycle,
    step_decay,
    triangular,
    triangular2,
)


def torch_factors(
    make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler], total: int
) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler, factors = make(optimizer), []
    for _ in range(total):
        factors.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return factors


@pytest.mark.parametrize("total", [1, 2, 7, 50])
def test_against_torch(total: int) -> None:
    steps = range(total)
    assert [linear(s, total) for s in steps] == pytest.approx(
        torch_factors(lambda o: lr_scheduler.LinearLR(o, 1.0, 0.0, total), total)
    )
    assert [cosine(s, total, floor=0.1) for s in steps] == pytest.approx(
        torch_factors(lambda o: lr_scheduler.CosineAnnealingLR(o, total, 0.1), total)
    )


@pytest.mark.parametrize(("total", "warmup"), [(10, 0), (57, 0), (100, 0), (40, 9), (40, 30)])
def test_one_cycle_against_torch(total: int, warmup: int) -> None:
    share = 0.3 if warmup == 0 else (warmup + 1) / total
    expected = torch_factors(
        lambda o: lr_scheduler.OneCycleLR(o, 1.0, total, pct_start=share, cycle_momentum=False), total
    )
    assert [one_cycle(s, total, warmup=warmup) for s in range(total)] == pytest.approx(expected)


@pytest.mark.parametrize(("every", "factor"), [(1, 0.5), (3, 0.1), (100, 0.1)])
def test_step_decay_against_torch(every: int, factor: float) -> None:
    expected = torch_factors(lambda o: lr_scheduler.StepLR(o, every, factor), 20)
    assert [step_decay(s, 20, every=every, factor=factor) for s in range(20)] == pytest.approx(expected)


def test_falls_share_the_steps_that_follow_the_warm_up() -> None:
    assert [step_decay(s, 12, warmup=4) for s in (4, 5, 6, 8, 10, 11)] == pytest.approx(
        [1, 1, 0.1, 0.01, 1e-3, 1e-3]
    )
    assert [cosine_restarts(s, 18, warmup=4) for s in (4, 6, 10)] == [1, 1, 1]  # of 2, 4 and 8 steps


@pytest.mark.parametrize(("first", "growth", "floor"), [(1, 1, 0.0), (4, 1, 0.1), (3, 2, 0.0), (2, 3, 0.05)])
def test_cosine_restarts_against_torch(first: int, growth: int, floor: float) -> None:
    expected = torch_factors(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, first, growth, floor), 40)
    mine = [cosine_restarts(s, 40, first=first, growth=growth, floor=floor) for s in range(40)]
    assert mine == pytest.approx(expected)


@pytest.mark.parametrize("line", [1, 4, 7])
@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
def test_triangles_against_torch(mode: str, line: int) -> None:
    def make(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.CyclicLR(optimizer, 0.2, 1.0, line, mode=mode, gamma=0.97, cycle_momentum=False)

    mine = {
        "triangular": partial(triangular, warmup=line, floor=0.2),
        "triangular2": partial(triangular2, warmup=line, floor=0.2),
        "exp_range": partial(exp_range, warmup=line, floor=0.2, gamma=0.97),
    }[mode]
    assert [mine(s, 50) for s in range(50)] == pytest.approx(torch_factors(make, 50))


def test_many_short_restarts_and_no_steps_at_all() -> None:
    assert cosine_restarts(10**12 + 1, 10**13, first=2, growth=1) == pytest.approx(0.5)
    for name in SCHEDULES:
        assert 0 <= make_schedule(name)(0, 0) <= 1


def test_lengths_that_make_no_sense_are_told() -> None:
    with pytest.raises(UsageError, match="'every' of a schedule must be at least 1 step, not 0"):
        step_decay(0, 10, every=0)
    with pytest.raises(UsageError, match="'first' of a schedule must be at least 1 step, not -2"):
        cosine_restarts(0, 10, first=-2)
    with pytest.raises(UsageError, match="the growth of a schedule must be at least 1, not 0"):
        cosine_restarts(0, 10, growth=0)


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("constant", [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("linear", [0.25, 0.5, 0.75, 1.0, 0.8, 0.6, 0.4, 0.2]),
        ("cosine", [0.25, 0.5, 0.75, 1.0, 0.904508, 0.654508, 0.345492, 0.095492]),
        ("inverse-root", [0.25, 0.5, 0.75, 1.0, 0.894427, 0.816497, 0.755929, 0.707107]),
        ("step", [0.25, 0.5, 0.75, 1.0, 1.0, 0.1, 0.1, 0.01]),
        ("cosine-restarts", [0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 1.0, 0.853553]),
        ("triangular", [0.1, 0.4, 0.7, 1.0, 0.7, 0.4, 0.1, 0.4]),
        ("triangular2", [0.1, 0.4, 0.7, 1.0, 0.7, 0.4, 0.1, 0.25]),
        ("exp-range", [0.1, 0.268702, 0.289737, 0.260045, 0.16, 0.116870, 0.1, 0.105335]),
        ("one-cycle", [0.04, 0.28, 0.76, 1.0, 0.853554, 0.500002, 0.14645, 4e-6]),
    ],
)
def test_with_warm_up(name: str, factors: list[float]) -> None:
    schedule = make_schedule(name, warmup=3)
    assert [schedule(step, 8) for step in range(8)] == pytest.approx(factors, abs=1e-6)


@pytest.mark.parametrize("name", SCHEDULES)
def test_factors_lie_between_0_and_1_also_beyond_the_end(name: str) -> None:
    for total in (1, 2, 9, 300):
        for warmup in (0, 1, 8, 400):
            schedule = make_schedule(name, warmup=warmup)
            assert all(0 <= schedule(step, total) <= 1 for step in range(total + 20))
            assert schedule(0, total) > 0


def test_inverse_root_is_that_of_the_paper() -> None:
    """lr = width^-0.5 min(step^-0.5, step warmup^-1.5), steps from 1, up to a factor."""
    paper = [min(step**-0.5, step * 50**-1.5) * 50**0.5 for step in range(1, 200)]
    assert [inverse_root(step, 199, warmup=49) for step in range(199)] == pytest.approx(paper)


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(UsageError, match="unknown schedule 'cosinus': did you mean 'cosine'"):
        make_schedule("cosinus")
