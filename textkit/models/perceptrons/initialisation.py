"""How large the weights of a layer are at the start: zero, small, or such that signals keep their size.

Each is a standard deviation, from the number of a unit's inputs (fan in) and of the units (fan out). For
independent weights of mean 0 and deviation s, Var(W x) = fan_in s^2 E[x^2] in a forward pass, and for the
gradient on the way back fan_out s^2 in place of fan_in s^2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from textkit.errors import UsageError, unknown_name

SMALL = 0.01
Distribution = Literal["uniform", "normal"]


def zero(fan_in: int, fan_out: int) -> float:  # noqa: ARG001
    """0: units of a layer begin alike, get one gradient, and stay alike for ever."""
    return 0.0


def small_random(fan_in: int, fan_out: int) -> float:  # noqa: ARG001
    """0.01, whatever the layer's size: units differ, but with depth signals vanish."""
    return SMALL


def xavier(fan_in: int, fan_out: int) -> float:
    """sqrt(2 / (fan_in + fan_out)): between keeping signals and keeping gradients.

    For activations that are about the identity around 0 (Glorot and Bengio 2010, equation 12; its equation
    16 is the uniform distribution of that deviation).
    """
    return math.sqrt(2 / (fan_in + fan_out))


def kaiming(fan_in: int, fan_out: int) -> float:  # noqa: ARG001
    """sqrt(2 / fan_in): as relu lets half of E[z^2] through (He et al. 2015, arXiv:1502.01852, equation 10).

    >>> kaiming(50, 1), xavier(50, 50)
    (0.2, 0.1414...)
    """
    return math.sqrt(2 / fan_in)


INITIALISATIONS: dict[str, Callable[[int, int], float]] = {
    "zero": zero,
    "small": small_random,
    "xavier": xavier,
    "kaiming": kaiming,
}


def initialise(
    weight: Tensor,
    name: str,
    *,
    fan_out: int | None = None,
    distribution: Distribution = "uniform",
    generator: torch.Generator | None = None,
) -> None:
    """Draw `weight` (fan_out, fan_in) anew, in place, with the deviation s that `name` gives.

    Uniform is between -s sqrt(3) and s sqrt(3), as that has the deviation s. `fan_out` is the number of
    units where it is not that of rows (Maxout). Without `generator` torch's own is used. Raises UsageError
    for an unknown name, and for a weight that is not a matrix.

    >>> weight = torch.empty(2, 3)
    >>> initialise(weight, "zero"); weight.abs().sum()
    tensor(0.)
    """
    if weight.dim() != 2:
        raise UsageError(f"initialise needs a matrix (fan_out, fan_in), not {tuple(weight.shape)}")
    if name not in INITIALISATIONS:
        raise unknown_name("initialisation", name, INITIALISATIONS)
    deviation = INITIALISATIONS[name](weight.shape[1], fan_out or weight.shape[0])
    with torch.no_grad():
        if distribution == "uniform":
            bound = math.sqrt(3) * deviation
            weight.uniform_(-bound, bound, generator=generator)
        else:
            weight.normal_(0, deviation, generator=generator)
