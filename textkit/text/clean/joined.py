"""Lines cleaned as one string, where a call for each would cost more than its work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def joined(clean: Callable[[str], str], lines: Sequence[str]) -> list[str]:
    r"""`[clean(line) for line in lines]` in one call, for a `clean` that looks at no other line.

    It must neither make nor remove \n, nor depend on what stands beyond one.

    >>> joined(str.upper, ["a", "", "b"])
    ['A', '', 'B']
    """
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1:  # none at all, or line ends within lines
        return [clean(line) for line in lines]
    return clean(text).split("\n")


def codes_of(text: str) -> npt.NDArray[np.uint32]:
    """The code points of `text`, (N,), not to be written to.

    >>> codes_of("a好").tolist()
    [97, 22909]
    """
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))


def text_of(codes: npt.NDArray[np.uint32]) -> str:
    """The text of code points, (N,)."""
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")
