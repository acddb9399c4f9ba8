"""Training in several processes that together see the minibatches one process would see.

`torchrun` (or whatever sets its variables RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT) starts them.
The first process writes the run folder, logs and prints; numbers and wishes are agreed on by all.
Gradients go through DistributedDataParallel, over NCCL between GPUs and gloo otherwise.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from textkit.errors import TextkitError, UsageError

T = TypeVar("T")

# All buffers are constants. The second name is that of torch before 2.13.
_DDP = inspect.signature(DistributedDataParallel).parameters
_CONSTANT_BUFFERS: dict[str, Any] = {
    "forward_sync_buffers" if "forward_sync_buffers" in _DDP else "broadcast_buffers": False
}

TIMEOUT = timedelta(minutes=30)  # of waiting for another process, which may be validating


@dataclass(frozen=True)
class World:
    """The processes of a training: this one's `rank`, how many there are, and its device.

    A world of one needs nothing initialised, and all that follows does nothing in it.

    >>> world = World()
    >>> world.first, world.total(3), world.gather("state")
    (True, 3.0, ['state'])
    """

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.rank == 0

    def wrap(self, module: nn.Module, *, partly_used: bool = False) -> nn.Module:
        """`module`, its gradients averaged over the processes. `partly_used`: not by all its parameters at
        each step, as in an adaptive softmax."""
        if self.size == 1:
            return module
        return DistributedDataParallel(
            module,
            device_ids=[self.device] if self.device.type == "cuda" else None,
            gradient_as_bucket_view=True,
            find_unused_parameters=partly_used,
            **_CONSTANT_BUFFERS,
        )

    def accumulating(self, module: nn.Module, *, last: bool) -> AbstractContextManager[None]:
        """Around the forward and backward pass of a part of a minibatch: only the last one exchanges."""
        if isinstance(module, DistributedDataParallel) and not last:
            return module.no_sync()
        return contextlib.nullcontext()

    def seed(self, seed: int) -> None:
        """Give each process dropout masks of its own; the first goes on with the generator as it is."""
        if not self.first:
            torch.manual_seed((seed + self.rank * 0x9E3779B97F4A7C15) % 2**63)

    def total(self, value: float) -> float:
        """The sum of all processes' `value`."""
        return self._reduce([value], dist.ReduceOp.SUM)[0] if self.size > 1 else float(value)

    def most(self, *values: float) -> list[float]:
        """The greatest of all processes' values, place by place."""
        return self._reduce(list(values), dist.ReduceOp.MAX) if self.size > 1 else [float(v) for v in values]

    def _reduce(self, values: list[float], operation: Any) -> list[float]:
        tensor = torch.tensor(values, dtype=torch.float64)  # on the CPU: no GPU has to wait for it
        dist.all_reduce(tensor, op=operation)
        return tensor.tolist()

    def gather(self, value: T) -> list[T]:
        """All processes' `value`, by rank, at the first; the others get a list of nothing."""
        if self.size == 1:
            return [value]
        values: list[Any] | None = [None] * self.size if self.first else None
        dist.gather_object(value, values)
        return values or []

    def from_first(self, compute: Callable[[], T]) -> T:
        """What `compute` gives at the first process, which alone calls it."""
        if self.size == 1:
            return compute()
        values = [compute() if self.first else None]
        dist.broadcast_object_list(values)
        return values[0]  # type: ignore[return-value]

    def barrier(self) -> None:
        """Wait until all are here."""
        if self.size > 1:
            self.total(0.0)

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Turns the loss of another process into a TextkitError of one line."""
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not is_of_communication(error):
                raise
            raise TextkitError(
                f"process {self.rank} of {self.size}: another process ended or hangs; look at its message, "
                "then go on with --resume"
            ) from error


def is_of_communication(error: Exception) -> bool:
    """Whether torch complains of the other processes rather than of this one."""
    text = str(error).lower()
    return isinstance(error, dist.DistError) or any(
        word in text for word in ("gloo", "nccl", "connection closed", "connection reset", "timed out")
    )


def _count(name: str, value: str, *, least: int = 0) -> int:
    if re.fullmatch("[0-9]{1,9}", value) is None or int(value) < least:
        raise UsageError(
            f"{name} in the environment must be a number from {least} on, not '{value}'; "
            "use torchrun, or unset it"
        )
    return int(value)


@contextlib.contextmanager
def join_world(device: torch.device) -> Iterator[World]:
    """The world that the environment describes; on GPUs each process of a machine takes one of its own.

    Raises UsageError when the environment is torchrun's only in part, or holds no numbers where it has them.
    """
    size = _count("WORLD_SIZE", os.environ.get("WORLD_SIZE", "1"), least=1)
    if size == 1:
        yield World(device=device)
        return
    try:
        rank = _count("RANK", os.environ["RANK"])
        local = _count("LOCAL_RANK", os.environ.get("LOCAL_RANK", str(rank)))
        address = f"{os.environ['MASTER_ADDR']}:{_count('MASTER_PORT', os.environ['MASTER_PORT'])}"
    except KeyError as error:
        raise UsageError(
            f"WORLD_SIZE asks for several processes, but the environment lacks {error}; use torchrun"
        ) from error
    if rank >= size:
        raise UsageError(f"RANK in the environment is {rank}: {size} processes (WORLD_SIZE) count from 0")
    if device.type == "cuda":
        if local >= torch.cuda.device_count():
            raise UsageError(
                f"process {local} of this machine has no GPU: it has {torch.cuda.device_count()}; "
                "start fewer processes, or use --device cpu"
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    try:
        dist.init_process_group(backend, rank=rank, world_size=size, timeout=TIMEOUT)
    except RuntimeError as error:
        raise TextkitError(
            f"process {rank} of {size}: cannot reach the others by {address}: {str(error).splitlines()[0]}"
        ) from error
    try:
        yield World(rank=rank, size=size, device=device)
    finally:
        dist.destroy_process_group()
