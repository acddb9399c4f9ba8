"""An array out of a .npy file that anyone may have written."""

from __future__ import annotations

import math
import tokenize
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format  # noqa: A004 - numpy's name

from textkit.errors import CheckpointError

# What numpy raises for headers that it did not write, besides ValueError.
_FOREIGN = (EOFError, OSError, OverflowError, RecursionError, SyntaxError, TypeError, tokenize.TokenError)


def read_array(path: Path, *, shape: tuple[int, ...], kinds: str) -> npt.NDArray[Any]:
    """The array of a .npy file; no pickle, and no more memory than the file has bytes.

    `kinds` are the letters that numpy has for the types that will do ("iu": whole numbers). Raises
    CheckpointError for a file that is missing or damaged, or has another shape or type.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "x.npy")
    >>> np.save(path, np.arange(3))
    >>> read_array(path, shape=(3,), kinds="iu").tolist()
    [0, 1, 2]
    """
    try:
        with path.open("rb") as file:
            if format.read_magic(file) != (1, 0):
                raise ValueError("not of version 1.0 of the format")
            found, by_columns, dtype = format.read_array_header_1_0(file)
            if found != shape or dtype.kind not in kinds or by_columns:
                raise ValueError("not an array of the shape and the type that are due")
            data = file.read(size := math.prod(shape) * dtype.itemsize)
            if len(data) != size or file.read(1):
                raise ValueError(f"{size} bytes of numbers are due")
        return np.frombuffer(data, dtype).reshape(shape).copy()
    except (ValueError, *_FOREIGN) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CheckpointError(f"{path}: damaged: {reason}") from error
