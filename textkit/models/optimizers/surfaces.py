"""Functions of two numbers to see optimisers at work on, and their way down."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

Surface = Callable[[Tensor], Tensor]


def valley(point: Tensor, *, steepness: float = 100.0) -> Tensor:
    """(x^2 + steepness y^2) / 2 for points (..., 2): flat along x, steep along y; lowest, 0, at (0, 0).

    Its condition number is `steepness`. A rate above 2 / steepness diverges, and with any below that the way
    along x takes on the order of `steepness` steps for plain gradient descent, of its root with momentum.

    >>> valley(torch.tensor([1.0, 0.5]))
    tensor(13.)
    """
    x, y = point.unbind(-1)
    return (x**2 + steepness * y**2) / 2


def rosenbrock(point: Tensor) -> Tensor:
    """(1 - x)^2 + 100 (y - x^2)^2 for points (..., 2): a bent valley; lowest, 0, at (1, 1) (Rosenbrock 1960,
    "An automatic method for finding the greatest or least value of a function").

    >>> rosenbrock(torch.tensor([[1.0, 1.0], [0.0, 1.0]]))
    tensor([  0., 101.])
    """
    x, y = point.unbind(-1)
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def descend(
    surface: Surface,
    start: tuple[float, float],
    *,
    make_optimizer: Callable[[list[nn.Parameter]], torch.optim.Optimizer],
    steps: int,
) -> Tensor:
    """Where the optimiser that is made goes from `start`: (steps + 1, 2), float64.

    >>> path = descend(valley, (1.0, 0.0), make_optimizer=lambda p: torch.optim.SGD(p, lr=0.5), steps=2)
    >>> path[:, 0]
    tensor([1.0000, 0.5000, 0.2500], dtype=torch.float64)
    """
    point = nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = make_optimizer([point])
    seen = [point.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        surface(point).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seen.append(point.detach().clone())
    return torch.stack(seen)
