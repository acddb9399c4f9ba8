"""The state of a training out of its run: read whole, and refused in one line where it does not fit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from textkit.errors import CheckpointError
from textkit.train.checkpoint import RunFolder
from textkit.train.distributed import is_of_communication
from textkit.train.progress import Progress

# What loading, and the first step, raise for a state that was made for something else, or forged.
_UNFIT = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True)
class TrainingState:
    """What `RunFolder.state` holds. `own` is this process's part: carried states and generators."""

    path: Path
    own: dict[str, Any]
    optimizer: dict[str, Any]
    batches: dict[str, int]
    progress: Progress

    @staticmethod
    def read(run: RunFolder, role: str, *, rank: int, size: int) -> TrainingState:
        """The state saved as `role`, for process `rank` of `size`; raises CheckpointError unless it fits."""
        path = run.path / run.info(role)["state"]
        with fitting(path):
            state = run.state(role)
            processes, batches = list(state["processes"]), dict(state["batches"])
            if len(processes) != size:
                count = len(processes)
                raise CheckpointError(
                    f"{run.path}: trained by {count} processes; it cannot go on with {size}: "
                    f"start {count} with torchrun --nproc-per-node"
                )
            for name, value in batches.items():
                if not (isinstance(value, int) and 0 <= value < 2**63):
                    raise ValueError(f"'{name}' must be a count, not {value!r}")
            own, optimizer = dict(processes[rank]), dict(state["optimizer"])
            return TrainingState(path, own, optimizer, batches, Progress.from_dict(state["progress"]))


@contextlib.contextmanager
def fitting(path: Path) -> Iterator[None]:
    """Turns what is raised for a state that does not fit into a CheckpointError of one line."""
    try:
        yield
    except _UNFIT as error:
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
            raise
        if is_of_communication(error):
            raise
        reason = (
            f"{error!r}" if isinstance(error, KeyError) else (str(error).splitlines() or [repr(error)])[0]
        )
        raise CheckpointError(f"{path}: the training state does not fit the run: {reason}") from error
