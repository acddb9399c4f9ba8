"""What a run's `.safetensors` and `.state.pt` files hold, as bytes and back. They may come from anyone."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textkit.errors import CheckpointError

# What readers of files that anyone may have written raise besides their own errors.
_FORGED = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, struct.error)

Arrays = Mapping[str, npt.NDArray[Any]]


def arrays_to_bytes(arrays: Arrays) -> bytes:
    """Named arrays in the format of safetensors."""
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def arrays_from_bytes(data: bytes, *, source: Path) -> dict[str, npt.NDArray[Any]]:
    """The named arrays; raises CheckpointError, naming `source`, for anything else.

    >>> arrays_from_bytes(arrays_to_bytes({"weight": np.eye(2)[:, 1:]}), source=Path("x"))["weight"].tolist()
    [[0.0], [1.0]]
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(data)
    except (SafetensorError, *_FORGED) as error:
        raise CheckpointError(f"{source}: not a safetensors file: {error}") from error


def state_to_bytes(state: Mapping[str, Any]) -> bytes:
    """A training state of numbers, strings and tensors, as torch writes it."""
    import torch

    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    return buffer.getvalue()


def state_from_bytes(data: bytes, *, source: Path) -> dict[str, Any]:
    """The training state, tensors on the CPU; raises CheckpointError, naming `source`, for anything else.

    >>> state_from_bytes(state_to_bytes({"step": 3}), source=Path("x"))
    {'step': 3}
    """
    import pickle

    import torch

    try:
        with warnings.catch_warnings(action="ignore"):  # of what no state of ours has
            return dict(torch.load(io.BytesIO(data), map_location="cpu", weights_only=True))
    except (pickle.UnpicklingError, RuntimeError, EOFError, *_FORGED) as error:
        raise CheckpointError(f"{source}: not a training state of plain numbers and tensors") from error
