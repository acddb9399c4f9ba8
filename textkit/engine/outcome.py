"""What crosses between processes, as bytes: the work, a block, and its outcome, a result or an error."""

from __future__ import annotations

import functools
import pickle
import traceback
from typing import Any

from textkit.errors import TextkitError, UsageError


class _InWorker(Exception):  # noqa: N818 - the cause of an error, shown in tracebacks only
    """The traceback that an error had in the other process."""

    def __str__(self) -> str:
        return f"in the worker process:\n{self.args[0]}"


def pack(value: object) -> bytes:
    """`value` as bytes. Raises UsageError when it cannot be sent to another process.

    >>> pack(lambda line: line)
    Traceback (most recent call last):
    textkit.errors.UsageError: a function cannot be sent to a worker process: ...
    """
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise UsageError(
            f"a {type(value).__name__} cannot be sent to a worker process: {error}; "
            "use one that can be pickled, or one job"
        ) from error


def run(work: bytes, block: bytes) -> bytes:
    """In the worker: the outcome of packed `work` on a packed `block`; never raises what the work raises.

    >>> unpack(run(pack(len), pack("abc")))
    3
    """
    try:
        return pickle.dumps((_loaded(work)(pickle.loads(block)), None, ""), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps((None, _portable(error), traceback.format_exc()), pickle.HIGHEST_PROTOCOL)


def unpack(outcome: bytes) -> Any:
    """The result in an outcome; raises the error in it, with its own type."""
    result, error, trace = pickle.loads(outcome)
    if error is not None:
        raise error from _InWorker(trace)
    return result


@functools.lru_cache(maxsize=1)  # the same work for every block: loading a dictionary can take a second
def _loaded(work: bytes) -> Any:
    return pickle.loads(work)


def _portable(error: Exception) -> Exception:
    """`error`, or its message alone where it would not survive the journey (an unusual constructor)."""
    try:
        copy = pickle.loads(pickle.dumps(error))
        if type(copy) is type(error) and str(copy) == str(error):
            return error
    except Exception:
        return TextkitError(f"{type(error).__name__}: {error}")
    return TextkitError(f"{type(error).__name__}: {error}")
