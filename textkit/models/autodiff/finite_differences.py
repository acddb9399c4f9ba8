"""Derivatives from differences: slow and inexact, but independent of any rule of differentiation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from textkit.models.autodiff.node import Doubles


def finite_differences(
    function: Callable[..., float], values: Sequence[Doubles], *, step: float = 1e-6
) -> list[Doubles]:
    """(f(x + step) - f(x - step)) / (2 step), for every element x of every array, as arrays of their shapes.

    `function` maps the arrays to a number. The error falls with step^2, that of rounding grows with
    1 / step: for float64 and numbers about 1, a step of 1e-6 to 1e-5 leaves some 1e-10 (Nocedal and Wright
    2006, section 8.1).

    >>> finite_differences(lambda x: float((x**3).sum()), [np.array([1.0, 2.0])])[0].round(6)
    array([ 3., 12.])
    """
    made = [np.zeros(np.shape(value)) for value in values]
    moved = [np.array(value, dtype=np.float64) for value in values]
    for value, gradient in zip(moved, made, strict=True):
        for place in np.ndindex(value.shape):
            was = value[place]
            value[place] = was + step
            above = function(*moved)
            value[place] = was - step
            gradient[place] = (above - function(*moved)) / (2 * step)
            value[place] = was
    return made
