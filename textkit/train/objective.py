"""What a task gives the trainer: minibatches, and what is to be learnt from one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, Self, TypeVar

from torch import Tensor, nn


class Batch(Protocol):
    """A minibatch that can be taken in parts. `scale` multiplies the learning rate of its step."""

    @property
    def scale(self) -> float: ...

    @property
    def predictions(self) -> int: ...

    def split(self, parts: int, /) -> Sequence[Self]: ...


B = TypeVar("B", bound=Batch)
BatchOut = TypeVar("BatchOut", bound=Batch, covariant=True)
BatchIn = TypeVar("BatchIn", bound=Batch, contravariant=True)


class Batches(Protocol[BatchOut]):
    """A sampler that knows where it stands: iterating gives the rest of the current epoch."""

    def __iter__(self) -> Iterator[BatchOut]: ...

    def __len__(self) -> int: ...

    def steps(self, epochs: int, most: int | None = None) -> int: ...

    def state_dict(self) -> dict[str, int]: ...

    def load_state_dict(self, state: dict[str, int]) -> None: ...


class Objective(Protocol[BatchIn]):
    """From a batch to the loss to learn from, the mean loss of a prediction in it (nats), and their number.

    `module` is what runs forward. What is carried from batch to batch (a recurrent state) is
    `state_dict`; what that is at first stands for nothing carried, and must stay so. A batch with
    nothing to predict must have finite losses and gradients, which then do not count.
    """

    @property
    def module(self) -> nn.Module: ...

    def __call__(self, batch: BatchIn, /) -> tuple[Tensor, Tensor, int]: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...
