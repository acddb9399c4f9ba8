"""Optimisers that keep averages of the weights, as the trainer sees them."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable


@runtime_checkable
class Averaging(Protocol):
    """An optimiser whose averages are the model: they are what is validated and kept as best."""

    def averages(self) -> AbstractContextManager[None]:
        """Within the block the parameters hold their averages."""
        ...

    def observe(self, loss: float, /) -> None:
        """Be told of a validation."""
        ...


def averages(optimizer: object) -> AbstractContextManager[None]:
    """The block in which the averages are the parameters; of any other optimiser nothing changes."""
    return optimizer.averages() if isinstance(optimizer, Averaging) else contextlib.nullcontext()


def observe(optimizer: object, loss: float) -> None:
    """Tell an optimiser that averages of a validation."""
    if isinstance(optimizer, Averaging):
        optimizer.observe(loss)
