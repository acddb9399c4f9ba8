"""How much to take from each count: discounts from the counts of counts."""

from __future__ import annotations

import numpy as np

from textkit.lm.ngram.model import Floats
from textkit.lm.stream import Ints

FALLBACK = (0.5, 1.0, 1.5)  # lmplz --discount_fallback takes the same


def single_discount(n: Ints, *, order: int) -> tuple[float, str | None]:
    """D = n1 / (n1 + 2 n2), from the counts of counts `n` (5,), and a note when it had to be replaced.

    Ney, Essen and Kneser, On Structuring Probabilistic Dependences, 1994, section 4.

    >>> single_discount(np.array([0, 6, 2, 1, 1]), order=2)
    (0.6, None)
    """
    for count in (1, 2):
        if n[count] == 0:
            note = _note(order, f"there is no {order}-gram with count {count}", f"D = {FALLBACK[0]}")
            return FALLBACK[0], note
    return float(n[1] / (n[1] + 2 * n[2])), None


def three_discounts(
    n: Ints, *, order: int, fallback: tuple[float, float, float] = FALLBACK
) -> tuple[Floats, str | None]:
    """D1, D2 and D3+ after a 0 for count 0, (4,), and a note when they had to be replaced.

        Y = n1 / (n1 + 2 n2),  Dj = j - (j + 1) Y n(j+1) / nj

    Chen and Goodman, An Empirical Study of Smoothing Techniques, 1999, equation 26.

    >>> discounts, note = three_discounts(np.array([0, 60, 20, 10, 8]), order=2)
    >>> discounts.round(6).tolist(), note
    ([0.0, 0.6, 1.1, 1.08], None)
    """
    replaced = np.array([0.0, *fallback])
    used = f"D1, D2, D3+ = {', '.join(map(str, fallback))}"
    for count in (1, 2, 3):
        if n[count] == 0:
            return replaced, _note(order, f"there is no {order}-gram with adjusted count {count}", used)
    # In single precision, as lmplz has it: where a discount is a small difference, its digits show.
    y = np.float32(n[1]) / np.float32(n[1] + 2 * n[2])
    j = np.arange(1, 4, dtype=np.float32)
    discounts = j - (j + 1) * y * n[2:5].astype(np.float32) / n[1:4].astype(np.float32)
    for count, discount in enumerate(discounts, 1):
        if not 0 <= discount <= count:
            reason = f"the discount of count {count} would be {discount:.4g}, outside 0 to {count}"
            return replaced, _note(order, reason, used)
    return np.concatenate([[0.0], discounts]), None


def _note(order: int, reason: str, used: str) -> str:
    return f"order {order}: {reason} (small or artificial text), so the discounts are not estimated: {used}"
