"""Schedules against tables, and against torch's schedulers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.optim import lr_scheduler

from textkit.errors import UsageError
from textkit.models.schedules import SCHEDULES, cosine, inverse_root, linear, make_schedule, one_cycle


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


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("constant", [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("linear", [0.25, 0.5, 0.75, 1.0, 0.8, 0.6, 0.4, 0.2]),
        ("cosine", [0.25, 0.5, 0.75, 1.0, 0.904508, 0.654508, 0.345492, 0.095492]),
        ("inverse-root", [0.25, 0.5, 0.75, 1.0, 0.894427, 0.816497, 0.755929, 0.707107]),
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
