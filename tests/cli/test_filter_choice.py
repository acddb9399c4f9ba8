"""Which values `textkit filter` chooses: exactly so many, and of equal ones the first."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textkit.errors import UsageError
from textkit.tasks.language_model.filtering import best


@given(st.lists(st.sampled_from([1.0, 2.0, 3.0, math.nan, math.inf])), st.floats(0, 1))
def test_exactly_so_many_and_of_equal_ones_the_first(values: list[float], share: float) -> None:
    keep, threshold = best(np.array(values, np.float32), share)
    real = sorted((value, place) for place, value in enumerate(values) if not math.isnan(value))
    expected = real[: round(share * len(real))]
    assert np.flatnonzero(keep).tolist() == sorted(place for _, place in expected)
    assert threshold == pytest.approx(expected[-1][0] if expected else math.nan, nan_ok=True)


def test_a_share_is_no_percentage() -> None:
    with pytest.raises(UsageError, match="the share to keep runs from 0 to 1, not 80"):
        best(np.zeros(3, np.float32), 80)
