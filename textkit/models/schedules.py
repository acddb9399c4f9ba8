"""Learning-rate schedules: pure functions of the step, giving a factor of the highest rate.

`step` counts from 0, `total` is how many there will be. Over the first `warmup` steps the factor grows
linearly to 1: it is (step + 1) / (warmup + 1), never 0. One cycle and triangles have rises of their own,
for which `warmup` says how many steps they take.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Literal

from textkit.errors import UsageError, unknown_name

Schedule = Callable[[int, int], float]
ScheduleName = Literal[
    "constant",
    "linear",
    "cosine",
    "step",
    "cosine-restarts",
    "triangular",
    "triangular2",
    "exp-range",
    "one-cycle",
    "inverse-root",
]
_LOWEST = 0.1  # factor of a triangle's foot


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


def step_decay(
    step: int, total: int, *, warmup: int = 0, every: int | None = None, factor: float = 0.1
) -> float:
    """Falls to `factor` of what it was after each `every` steps that follow the warm-up; three times over
    the training, at the quarters, unless that is given.

    >>> [round(step_decay(step, 8), 3) for step in range(8)]
    [1.0, 1.0, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001]

    Raises UsageError when `every` is not at least 1.
    """
    if step < warmup:
        return _warming(step, warmup)
    every = _length("every", every, otherwise=(total - warmup) / 4)
    return factor ** ((step - warmup) // every)


def cosine_restarts(
    step: int,
    total: int,
    *,
    warmup: int = 0,
    first: int | None = None,
    growth: int = 2,
    floor: float = 0.0,
) -> float:
    """SGDR (Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5): falls to `floor` along half a cosine,
    starts again from 1, and so on. The first fall takes `first` steps, each later one `growth` times as many
    as the one before (T_0 and T_mult in the paper). Without `first` the training ends with the third fall.

    >>> [round(cosine_restarts(step, 7), 3) for step in range(7)]  # of 1, 2 and 4 steps
    [1.0, 1.0, 0.5, 1.0, 0.854, 0.5, 0.146]

    Raises UsageError when `first` or `growth` is not at least 1.
    """
    if growth < 1:
        raise UsageError(f"the growth of a schedule must be at least 1, not {growth}")
    if step < warmup:
        return _warming(step, warmup)
    length = _length("first", first, otherwise=(total - warmup) / (1 + growth + growth**2))
    step -= warmup
    if growth == 1:
        step %= length
    while step >= length:
        step -= length
        length *= growth
    return _between(1.0, floor, step / length)


def triangular(step: int, total: int, *, warmup: int = 0, floor: float = _LOWEST) -> float:
    """Up from `floor` to 1 and down again in straight lines, again and again; each line takes `warmup` steps,
    or an eighth of the training if that is 0 (Smith 2017, arXiv:1506.01186, section 3.1).

    >>> [triangular(step, 8, warmup=2, floor=0.5) for step in range(6)]
    [0.5, 0.75, 1.0, 0.75, 0.5, 0.75]
    """
    return _between_lines(floor, _triangle(step, total, warmup)[0])


def triangular2(step: int, total: int, *, warmup: int = 0, floor: float = _LOWEST) -> float:
    """Triangles, each half as high as the one before (Smith 2017, arXiv:1506.01186, section 3.1).

    >>> [triangular2(step, 8, warmup=2, floor=0.5) for step in range(8)]
    [0.5, 0.75, 1.0, 0.75, 0.5, 0.625, 0.75, 0.625]
    """
    height, cycle = _triangle(step, total, warmup)
    return _between_lines(floor, height / 2**cycle)


def exp_range(
    step: int, total: int, *, warmup: int = 0, floor: float = _LOWEST, gamma: float | None = None
) -> float:
    """Triangles whose height falls by the factor `gamma` at each step (Smith 2017, arXiv:1506.01186, section
    3.1); to a hundredth over the training unless that is given.

    >>> [round(exp_range(step, 8, warmup=2, floor=0.0, gamma=0.9), 3) for step in range(7)]
    [0.0, 0.45, 0.81, 0.365, 0.0, 0.295, 0.531]
    """
    shrunk = 0.01 ** (step / max(total, 1)) if gamma is None else gamma**step
    return _between_lines(floor, _triangle(step, total, warmup)[0] * shrunk)


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
    "step": step_decay,
    "cosine-restarts": cosine_restarts,
    "triangular": triangular,
    "triangular2": triangular2,
    "exp-range": exp_range,
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


def rise(schedule: Schedule, steps: int, total: int) -> int:
    """After how many of the first `steps` the factor is at its highest.

    >>> rise(make_schedule("cosine", warmup=200), 320, 320), rise(make_schedule("cosine"), 320, 320)
    (200, 0)
    """
    return max(range(steps), key=lambda step: schedule(step, total), default=0)


def _warming(step: int, warmup: int) -> float:
    return min((step + 1) / (warmup + 1), 1.0)


def _done(step: int, total: int, warmup: int) -> float:
    """Which share of the steps after the warm-up lies behind `step`."""
    return min(max(step - warmup, 0) / max(total - warmup, 1), 1.0)


def _length(name: str, steps: int | None, *, otherwise: float) -> int:
    """So many steps, or what they are where nobody said it; at least one."""
    if steps is not None and steps < 1:
        raise UsageError(f"'{name}' of a schedule must be at least 1 step, not {steps}")
    return steps or max(math.ceil(otherwise), 1)


def _triangle(step: int, total: int, line: int) -> tuple[float, int]:
    """How high `step` is in its triangle, from 0 to 1, and how many triangles lie behind it."""
    line = line or max(round(total / 8), 1)
    return 1 - abs(step % (2 * line) - line) / line, step // (2 * line)


def _between_lines(floor: float, height: float) -> float:
    return floor + (1 - floor) * height


def _between(begin: float, end: float, done: float) -> float:
    """From `begin` to `end` along half a cosine."""
    return end + (begin - end) * (1 + math.cos(math.pi * done)) / 2
