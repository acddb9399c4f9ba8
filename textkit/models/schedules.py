"""Learning-rate schedules: pure functions of the step, giving a factor of the highest rate.

`step` counts from 0, `total` is how many there will be. Over the first `warmup` steps the factor grows
linearly to 1: it is (step + 1) / (warmup + 1), never 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from textkit.errors import unknown_name

Schedule = Callable[[int, int], float]


def constant(step: int, total: int, *, warmup: int = 0) -> float:  # noqa: ARG001
    """1 after the warm-up.

    >>> [constant(step, 5, warmup=3) for step in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """
    return _warming(step, warmup)


def linear(step: int, total: int, *, warmup: int = 0) -> float:
    """Falls in a straight line to 0, which it would reach at step `total`.

    >>> [linear(step, 4) for step in range(4)]
    [1.0, 0.75, 0.5, 0.25]
    """
    return min(_warming(step, warmup), 1 - _done(step, total, warmup))


def cosine(step: int, total: int, *, warmup: int = 0, floor: float = 0.0) -> float:
    """Falls to `floor` along half a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5).

    >>> [round(cosine(step, 4), 3) for step in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """
    if step < warmup:
        return _warming(step, warmup)
    return _between(1.0, floor, _done(step, total, warmup))


def one_cycle(step: int, total: int, *, warmup: int = 0) -> float:
    """From 1/25 up to 1 and down to 1/250,000, both along half a cosine (Smith and Topin 2017,
    arXiv:1708.07120, in the form of torch's OneCycleLR). The top is at step `warmup`, or, if that is 0,
    after 30 % of the steps.

    >>> [round(one_cycle(step, 11), 3) for step in (0, 1, 2, 6, 10)]
    [0.04, 0.422, 0.96, 0.531, 0.0]
    """
    top = warmup if warmup else 0.3 * total - 1
    if step <= top:
        return _between(1 / 25, 1.0, step / top) if top > 0 else 1.0
    return _between(1.0, 1 / 250_000, min((step - top) / max(total - 1 - top, 1), 1.0))


def inverse_root(step: int, total: int, *, warmup: int = 0) -> float:  # noqa: ARG001
    """Falls with the root of the step (Vaswani et al. 2017, arXiv:1706.03762, section 5.3).

    >>> [inverse_root(step, 9, warmup=1) for step in (0, 1, 7)]
    [0.5, 1.0, 0.5]
    """
    return min(_warming(step, warmup), math.sqrt((warmup + 1) / (step + 1)))


SCHEDULES: dict[str, Callable[..., float]] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "one-cycle": one_cycle,
    "inverse-root": inverse_root,
}


def make_schedule(name: str, *, warmup: int = 0) -> Schedule:
    """The schedule of that name; raises UsageError for an unknown one.

    >>> make_schedule("linear", warmup=1)(0, 10)
    0.5
    """
    if name not in SCHEDULES:
        raise unknown_name("schedule", name, SCHEDULES)
    return partial(SCHEDULES[name], warmup=warmup)


def _warming(step: int, warmup: int) -> float:
    return min((step + 1) / (warmup + 1), 1.0)


def _done(step: int, total: int, warmup: int) -> float:
    """Which share of the steps after the warm-up lies behind `step`."""
    return min(max(step - warmup, 0) / max(total - warmup, 1), 1.0)


def _between(begin: float, end: float, done: float) -> float:
    """From `begin` to `end` along half a cosine."""
    return end + (begin - end) * (1 + math.cos(math.pi * done)) / 2
