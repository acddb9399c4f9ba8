"""Loops over whole buffers of text, compiled by numba when first used and kept for the next start.

Import the modules from inside functions: numba takes a third of a second to load.
"""

from __future__ import annotations

import functools


@functools.cache
def unavailable() -> str:
    """Why compiled loops cannot be had here, in a few words; empty when they can.

    >>> unavailable()
    ''
    """
    try:
        import numba  # noqa: F401
    except ImportError as error:  # also what numba says of a numpy that it does not know
        return " ".join(str(error).split())
    return ""
