"""How large what a sliding window gives is."""

from __future__ import annotations

from textkit.errors import UsageError


def output_size(size: int, window: int, *, stride: int = 1, padding: int = 0) -> int:
    """floor((size + 2 padding - window) / stride) + 1: the places of a window along one side of an image.

    `padding` is added at both ends (Dumoulin and Visin 2016, arXiv:1603.07285, relationship 6).
    Raises UsageError for a window that does not fit, or numbers that make no sense.

    >>> output_size(28, 5), output_size(28, 5, padding=2), output_size(7, 3, stride=2)
    (24, 28, 3)
    """
    if min(size, window, stride) < 1 or padding < 0:
        raise UsageError(
            "size, window and stride must be at least 1 and padding at least 0, "
            f"not {size}, {window}, {stride} and {padding}"
        )
    if size + 2 * padding < window:
        raise UsageError(f"a window of {window} does not fit into {size} with a padding of {padding}")
    return (size + 2 * padding - window) // stride + 1
