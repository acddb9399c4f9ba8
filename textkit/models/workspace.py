"""Memory that is kept from call to call."""

from __future__ import annotations

import torch
from torch import Tensor


class Workspace:
    """Memory for a chunk, kept from call to call: asking the system for it anew costs more than filling it.

    Copies and pickles of it are empty.
    """

    def __init__(self) -> None:
        self._memory = torch.empty(0, dtype=torch.uint8)

    def take(self, rows: int, columns: int, *, like: Tensor) -> Tensor:
        """An uninitialised (rows, columns) of the type and on the device of `like`, until the next `take`."""
        size = rows * columns * like.element_size()
        if self._memory.device != like.device or self._memory.numel() < size:
            with torch.inference_mode(False):  # what is made in inference mode is of no use in training
                self._memory = torch.empty(0, dtype=torch.uint8)  # let go of the old first
                self._memory = torch.empty(size, dtype=torch.uint8, device=like.device)
        return self._memory[:size].view(like.dtype).view(rows, columns)

    def __reduce__(self) -> tuple[type[Workspace], tuple[()]]:
        return Workspace, ()
